-- SPDX-License-Identifier: Apache-2.0
-- $1 id, $2 answer, $3-$10 journal line -> id; none: there is no such open one
WITH done AS (
	UPDATE guichet.feedback
	   SET state = 'answered', answer = $2::text, answered = now()
	 WHERE id = $1::uuid AND state = 'open'
	RETURNING id
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $3::uuid, $4::smallint, $5::bytea, $6::bytea, $7::bytea,
	       $8::uuid, $9::uuid, $10::text
	  FROM done
)
SELECT id FROM done;
