-- $1 id, $2-$9 journal line -> id; no row: no such hold, or released already
WITH freed AS (
	UPDATE guichet.legal_hold SET released = now()
	 WHERE id = $1::uuid AND released IS NULL
	RETURNING id
)
INSERT INTO guichet.journal_line
       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
SELECT $2::uuid, $3::smallint, $4::bytea, $5::bytea, $6::bytea, $7::uuid,
       $8::uuid, $9::text
  FROM freed
RETURNING id;
-- SPDX-License-Identifier: Apache-2.0
