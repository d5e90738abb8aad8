-- A PIMS asks for an export; five at a time for one grant.
-- $1 id, $2 grant, $3 what exactly (JSON), $4 seconds it is kept, $5-$12 journal
-- line -> id; none: there are too many, or the grant has ended
WITH put AS (
	INSERT INTO guichet.export (id, grant_id, asks, expires)
	SELECT $1::uuid, g.id, $3::text::jsonb,
	       least(g.expires, now() + $4::bigint * interval '1 second')
	  FROM guichet.grants AS g
	 WHERE g.id = $2::uuid AND g.state = 'active' AND g.expires > now()
	   AND (SELECT count(*) FROM guichet.export
		 WHERE grant_id = $2::uuid AND expires > now()) < 5
	RETURNING id
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $5::uuid, $6::smallint, $7::bytea, $8::bytea, $9::bytea,
	       $10::uuid, $11::uuid, $12::text
	  FROM put
)
SELECT id FROM put;
-- SPDX-License-Identifier: Apache-2.0
