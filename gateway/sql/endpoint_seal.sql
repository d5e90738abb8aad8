-- New keys of an endpoint, the old ones beside them.
-- $1..$8 the line, $9 client, $10 sealed, $11 as they were -> client; none:
-- somebody changed them meanwhile
WITH changed AS (
	UPDATE guichet.endpoint AS e
	   SET sealed = $10::text, changed = now()
	 WHERE e.client_id = $9::text AND e.sealed = $11::text
	RETURNING e.client_id
), line AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $1::uuid, $2::bigint, $3::bytea, $4::bytea, $5::bytea, $6::uuid,
	       $7::uuid, $8::text
	  FROM changed
)
SELECT client_id FROM changed;
-- SPDX-License-Identifier: Apache-2.0
