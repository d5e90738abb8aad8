-- $1 id, $2 lines read, $3 root, $4 good?, $5 why not, $6 held against a kept
-- note too?, $7-$14 journal line.
WITH ended AS (
	UPDATE guichet.journal_check
	   SET done = $2::bigint, root = $3::text, good = $4::boolean,
	       why = $5::text, held = $6::boolean, ended = now()
	 WHERE id = $1::bigint AND ended IS NULL
	RETURNING id
)
INSERT INTO guichet.journal_line
       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
SELECT $7::uuid, $8::smallint, $9::bytea, $10::bytea, $11::bytea, $12::uuid,
       $13::uuid, $14::text
  FROM ended;
-- SPDX-License-Identifier: Apache-2.0
