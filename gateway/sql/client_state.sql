-- $1 client, $2 new state, $3 reason, $4-$11 journal line -> id. No row:
-- unknown, or in that state already. A trigger tells every worker.
WITH changed AS (
	UPDATE guichet.client
	   SET state = $2::text, state_reason = $3::text
	 WHERE id = $1::text AND state <> $2::text
	RETURNING id
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $4::uuid, $5::smallint, $6::bytea, $7::bytea, $8::bytea,
	       $9::uuid, $10::uuid, $11::text
	  FROM changed
)
SELECT id FROM changed;
-- SPDX-License-Identifier: Apache-2.0
