-- $1 id, $2 customer or NULL (everybody), $3 reason, $4-$11 journal line -> id; no
-- row: no such customer
WITH set AS (
	INSERT INTO guichet.legal_hold (id, subject_id, reason)
	SELECT $1::uuid, s.id, $3::text
	  FROM (SELECT 1) AS one
	  LEFT JOIN guichet.subject AS s ON s.customer = $2::text
	 WHERE $2::text IS NULL OR s.id IS NOT NULL
	RETURNING id
)
INSERT INTO guichet.journal_line
       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
SELECT $4::uuid, $5::smallint, $6::bytea, $7::bytea, $8::bytea, $9::uuid,
       $10::uuid, $11::text
  FROM set
RETURNING id;
-- SPDX-License-Identifier: Apache-2.0
