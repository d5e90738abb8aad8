-- $1 id, $2 disabled?, $3-$10 journal line -> id. Shuts a person out (her
-- sessions end at once) or lets her in again; no row when nothing changed.
WITH changed AS (
	UPDATE guichet.staff
	   SET disabled = CASE WHEN $2::boolean THEN now() END
	 WHERE id = $1::uuid AND (disabled IS NOT NULL) <> $2::boolean
	RETURNING id
), ended AS (
	DELETE FROM guichet.staff_session
	 WHERE $2::boolean AND staff_id IN (SELECT id FROM changed)
)
INSERT INTO guichet.journal_line
       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
SELECT $3::uuid, $4::smallint, $5::bytea, $6::bytea, $7::bytea,
       $8::uuid, $9::uuid, $10::text
  FROM changed
RETURNING id;
-- SPDX-License-Identifier: Apache-2.0
