-- $1 subject, $2 her reference from now on, $3-$10 journal line -> id. No row when somebody of that
-- reference has come here already. Her live grants are touched, so that every
-- worker hears of it and forgets the old one.
WITH renamed AS (
	UPDATE guichet.subject AS s
	   SET customer = $2::text
	 WHERE s.id = $1::uuid
	   AND NOT EXISTS (SELECT FROM guichet.subject AS o
			    WHERE o.customer = $2::text)
	RETURNING s.id
), told AS (
	UPDATE guichet.grants AS g
	   SET expires = g.expires, changed = now()
	  FROM renamed AS r
	 WHERE g.subject_id = r.id AND g.state IN ('active', 'pending', 'paused')
), line AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $3::uuid, $4::smallint, $5::bytea, $6::bytea, $7::bytea,
	       $8::uuid, $9::uuid, $10::text
	  FROM renamed
)
SELECT id FROM renamed;
-- SPDX-License-Identifier: Apache-2.0
