-- $1 client, $2 new state, $3 reason, $4 who decides (staff), $5 states it may be
-- in, $6-$13 journal line -> id. No row: it is in none of these, or the person is
-- the one who agreed first (four eyes). A trigger tells every worker.
WITH changed AS (
	UPDATE guichet.client
	   SET state = $2::text, state_reason = $3::text,
	       reviewed_by = CASE WHEN $2::text = 'reviewed' THEN $4::uuid END
	 WHERE id = $1::text AND state = ANY ($5::text[])
	   AND ($2::text <> 'admitted' OR state <> 'reviewed'
		OR reviewed_by IS DISTINCT FROM $4::uuid)
	RETURNING id
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $6::uuid, $7::smallint, $8::bytea, $9::bytea, $10::bytea,
	       $11::uuid, $12::uuid, $13::text
	  FROM changed
)
SELECT id FROM changed;
-- SPDX-License-Identifier: Apache-2.0
