-- $1 host, $2 what, $3 its digest, $4-$11 journal line -> what; no row: it is as
-- it was when this host last told
WITH put AS (
	INSERT INTO guichet.configured AS c (host, what, digest)
	VALUES ($1::text, $2::text, $3::text)
	    ON CONFLICT (host, what) DO UPDATE
	   SET digest = excluded.digest, since = now()
	 WHERE c.digest <> excluded.digest
	RETURNING what
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $4::uuid, $5::smallint, $6::bytea, $7::bytea, $8::bytea, $9::uuid,
	       $10::uuid, $11::text
	  FROM put
)
SELECT what FROM put;
-- SPDX-License-Identifier: Apache-2.0
