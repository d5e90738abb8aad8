-- $1 id, $2 hash of its registration token, $3-$10 journal line -> id. It goes
-- by itself, for good (RFC 7592 2.3).
WITH changed AS (
	UPDATE guichet.client
	   SET state = 'left', registration_hash = NULL
	 WHERE id = $1::text AND registration_hash = $2::bytea
	RETURNING id
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $3::uuid, $4::smallint, $5::bytea, $6::bytea, $7::bytea,
	       $8::uuid, $9::uuid, $10::text
	  FROM changed
)
SELECT id FROM changed;
-- SPDX-License-Identifier: Apache-2.0
