-- $1 id, $2 what, $3 log or NULL, $4 ids before this one or NULL, $5 hold or NULL,
-- $6 reason, $7 who asks, $8-$15 journal line -> id; no row: no such hold, or it is
-- released already
WITH asked AS (
	INSERT INTO guichet.forgetting (id, what, log, past, hold, reason, asked_by)
	SELECT $1::uuid, $2::text, $3::smallint, $4::uuid, $5::uuid, $6::text,
	       $7::text
	 WHERE $5::uuid IS NULL OR EXISTS (SELECT FROM guichet.legal_hold
		WHERE id = $5::uuid AND released IS NULL)
	RETURNING id
)
INSERT INTO guichet.journal_line
       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
SELECT $8::uuid, $9::smallint, $10::bytea, $11::bytea, $12::bytea, $13::uuid,
       $14::uuid, $15::text
  FROM asked
RETURNING id;
-- SPDX-License-Identifier: Apache-2.0
