-- Time passes for a client (and one of its grants): what is stored moves back, so
-- that no clock has to move. Its tokens of before are too old then.
-- $1 client, $2 grant (NULL: all), $3 seconds (-1: to its end), $4-$11 journal
-- line -> moved
WITH moved AS (
	UPDATE guichet.grants AS g
	   SET created = g.created - m.by, expires = g.expires - m.by,
	       changed = now()
	  FROM (SELECT id, CASE WHEN $3::bigint >= 0
			THEN $3::bigint * interval '1 second'
			ELSE greatest(expires - now(), interval '0') END AS by
		  FROM guichet.grants) AS m
	 WHERE m.id = g.id AND g.client_id = $1::text
	   AND ($2::uuid IS NULL OR g.id = $2::uuid)
	   AND g.state IN ('active', 'pending', 'paused')
	RETURNING g.id
), old AS (
	DELETE FROM guichet.access_token AS t USING moved AS m
	 WHERE t.grant_id = m.id AND t.client_id = $1::text
	   AND t.expires < now() + interval '2 hours'
	   AND ($3::bigint < 0 OR t.expires < now() + $3::bigint * interval
		'1 second')
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $4::uuid, $5::smallint, $6::bytea, $7::bytea, $8::bytea,
	       $9::uuid, $10::uuid, $11::text
	 WHERE EXISTS (SELECT FROM moved)
)
SELECT count(*) AS moved FROM moved;
-- SPDX-License-Identifier: Apache-2.0
