-- $1 hash, $2 client, $3 params, $4 jkt, $5 seconds until it is due, $6 until it
-- expires, $7-$14 journal line. The database's clock counts, as it is the one
-- that will be asked.
WITH made AS (
	INSERT INTO guichet.pushed_request
	       (hash, client_id, params, dpop_jkt, due, expires)
	VALUES ($1::bytea, $2::text, $3::text::jsonb, $4::text,
	        now() + $5::bigint * interval '1 second',
	        now() + $6::bigint * interval '1 second')
	RETURNING hash
)
INSERT INTO guichet.journal_line
       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
SELECT $7::uuid, $8::smallint, $9::bytea, $10::bytea, $11::bytea,
       $12::uuid, $13::uuid, $14::text
  FROM made;
-- SPDX-License-Identifier: Apache-2.0
