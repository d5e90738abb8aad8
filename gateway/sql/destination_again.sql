-- She takes up again what was left half-way: the same cloud was knocked at, and
-- waits for her approval anew. Nothing of the consent changes. Only a grant of hers
-- that waits for its cloud.
-- $1 grant, $2 its subject, $3 state, $4 sealed, $5 due after ms (-1: not) -> id;
-- none: too late
WITH waits AS (
	SELECT g.id
	  FROM guichet.grants AS g
	 WHERE g.id = $1::uuid AND g.subject_id = $2::uuid
	   AND g.state = 'pending' AND NOT g.opened AND g.expires > now()
	   FOR UPDATE
), place AS (
	UPDATE guichet.destination AS d
	   SET state = $3::text::jsonb, sealed = $4::text, changed = now()
	  FROM waits AS w
	 WHERE d.grant_id = w.id
), looks AS (
	UPDATE guichet.subscription AS s
	   SET due = CASE WHEN $5::bigint >= 0
		     THEN now() + $5::bigint * interval '1 ms' END,
	       attempts = 0, reason = NULL
	  FROM waits AS w
	 WHERE s.grant_id = w.id AND s.state = 'waiting'
)
SELECT id FROM waits;
-- SPDX-License-Identifier: Apache-2.0
