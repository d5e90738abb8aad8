-- It was received, or refused for good, or given up: gone, with the line that says
-- which. Only by who claimed it last.
-- $1 signal, $2 attempts, $3-$10 journal line
WITH done AS (
	DELETE FROM guichet.signal
	 WHERE id = $1::uuid AND attempts = $2::int
	RETURNING id
)
INSERT INTO guichet.journal_line
       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
SELECT $3::uuid, $4::smallint, $5::bytea, $6::bytea, $7::bytea, $8::uuid,
       $9::uuid, $10::text
  FROM done;
-- SPDX-License-Identifier: Apache-2.0
