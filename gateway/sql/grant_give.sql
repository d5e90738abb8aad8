-- $1 request, $2 client, $3 grant, $4 subject, $5 pairwise, $6 data sets,
-- $7 details, $8 purpose, $9 language, $10 notice, $11 expires, $12 code,
-- $13 redirect_uri, $14 challenge, $15 jkt, $16 seconds the code lives, $17-$24
-- journal line, $25 acr and $26 auth_time of her sign-in (the epoch: not said)
-- -> grant. No row: decided before, or too old.
WITH decided AS (
	UPDATE guichet.pushed_request
	   SET used = true
	 WHERE hash = $1::bytea
	   AND client_id = $2::text
	   AND expires > now()
	   AND expires < now() + interval '1 hour'
	   AND NOT used
	RETURNING hash
), given AS (
	INSERT INTO guichet.grants
	       (id, client_id, subject_id, pairwise, datasets, details, purpose,
	        language, notice_sha256, expires, acr, auth_time)
	SELECT $3::uuid, c.id, $4::uuid, $5::text, $6::text[], $7::text::jsonb,
	       $8::text, $9::text, $10::bytea, $11::timestamptz,
	       $25::text, NULLIF($26::timestamptz, 'epoch')
	  FROM decided, guichet.client AS c
	 WHERE c.id = $2::text AND c.state = 'admitted'
	RETURNING id
), coded AS (
	INSERT INTO guichet.code
	       (hash, client_id, grant_id, redirect_uri, challenge, dpop_jkt,
	        expires)
	SELECT $12::bytea, $2::text, id, $13::text, $14::text, $15::text,
	       now() + $16::bigint * interval '1 second'
	  FROM given
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $17::uuid, $18::smallint, $19::bytea, $20::bytea, $21::bytea,
	       $22::uuid, $23::uuid, $24::text
	  FROM given
)
SELECT id AS grant FROM given;
-- SPDX-License-Identifier: Apache-2.0
