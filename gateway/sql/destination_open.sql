-- The cloud has opened: the grant becomes live, unless those who hold with her
-- are still awaited, its deliveries due, and the line says so. Only a pending
-- grant: what ended meanwhile stays ended.
-- $1..$8 the line, $9 grant, $10 state, $11 sealed -> id; none: too late
WITH opened AS (
	UPDATE guichet.grants AS g
	   SET state = CASE WHEN g.awaits > 0 THEN 'pending' ELSE 'active' END,
	       opened = true, changed = now()
	 WHERE g.id = $9::uuid AND g.state = 'pending' AND NOT g.opened
	   AND g.expires > now()
	RETURNING g.id
), place AS (
	UPDATE guichet.destination AS d
	   SET state = $10::text::jsonb, sealed = $11::text, changed = now()
	  FROM opened AS o
	 WHERE d.grant_id = o.id
), begun AS (
	UPDATE guichet.subscription AS s
	   SET state = 'active', due = now(), reason = NULL, attempts = 0
	  FROM opened AS o
	 WHERE s.grant_id = o.id AND s.state = 'waiting'
), line AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $1::uuid, $2::bigint, $3::bytea, $4::bytea, $5::bytea, $6::uuid,
	       $7::uuid, $8::text
	  FROM opened
)
SELECT id FROM opened;
-- SPDX-License-Identifier: Apache-2.0
