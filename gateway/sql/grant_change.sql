-- $1 request, $2 client, $3 grant, $4 subject, $5 pairwise, $6 data sets,
-- $7 details, $8 purpose, $9 language, $10 notice, $11 expires, $12 code,
-- $13 redirect_uri, $14 challenge, $15 jkt, $16 seconds the code lives, $17-$24
-- journal line, $25 the details it had, $26 acr and $27 auth_time of her
-- sign-in (the epoch: not said) -> grant. A grant that lives is changed
-- in place (Grant Management: merge, replace). No row: decided before, too old,
-- another customer's, ended, or changed meanwhile.
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
	UPDATE guichet.grants AS g
	   SET datasets = $6::text[], details = $7::text::jsonb,
	       purpose = $8::text, language = $9::text,
	       notice_sha256 = $10::bytea, expires = $11::timestamptz,
	       acr = $26::text,
	       auth_time = NULLIF($27::timestamptz, 'epoch'),
	       changed = now()
	  FROM decided, guichet.client AS c
	 WHERE g.id = $3::uuid AND g.client_id = $2::text
	   AND g.subject_id = $4::uuid AND g.pairwise = $5::text
	   AND g.state = 'active' AND g.expires > now()
	   AND g.details = $25::text::jsonb
	   AND c.id = g.client_id AND c.state = 'admitted'
	RETURNING g.id
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
