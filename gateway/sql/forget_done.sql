-- $1 id, $2 who confirmed, $3-$10 journal line -> id: a purge that was asked for is
-- done; no row: somebody else was first
WITH ended AS (
	UPDATE guichet.forgetting SET done = now(), confirmed_by = $2::text
	 WHERE id = $1::uuid AND done IS NULL
	RETURNING id
)
INSERT INTO guichet.journal_line
       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
SELECT $3::uuid, $4::smallint, $5::bytea, $6::bytea, $7::bytea, $8::uuid, $9::uuid,
       $10::text
  FROM ended
RETURNING id;
-- SPDX-License-Identifier: Apache-2.0
