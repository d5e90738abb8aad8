-- We have given our keys back: they are forgotten, once, and the line says so.
-- $1..$8 the line, $9 grant -> id; none: it was done already
WITH departed AS (
	UPDATE guichet.destination AS d
	   SET sealed = NULL, departed = now(), changed = now()
	 WHERE d.grant_id = $9::uuid AND d.departed IS NULL
	RETURNING d.grant_id
), line AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $1::uuid, $2::bigint, $3::bytea, $4::bytea, $5::bytea, $6::uuid,
	       $7::uuid, $8::text
	  FROM departed
)
SELECT grant_id AS id FROM departed;
-- SPDX-License-Identifier: Apache-2.0
