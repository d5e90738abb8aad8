-- $1 request, $2 client, $3-$10 journal line -> request. No row: decided
-- before, or too old.
WITH decided AS (
	UPDATE guichet.pushed_request
	   SET used = true
	 WHERE hash = $1::bytea
	   AND client_id = $2::text
	   AND expires > now()
	   AND expires < now() + interval '1 hour'
	   AND NOT used
	RETURNING hash
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $3::uuid, $4::smallint, $5::bytea, $6::bytea, $7::bytea,
	       $8::uuid, $9::uuid, $10::text
	  FROM decided
)
SELECT hash AS request FROM decided;
-- SPDX-License-Identifier: Apache-2.0
