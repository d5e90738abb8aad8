-- $1 request, $2 client, $3 grant, $4 subject, $5 pairwise, $6 data sets,
-- $7 details, $8 purpose, $9 language, $10 notice, $11 expires, $12 code,
-- $13 redirect_uri, $14 challenge, $15 jkt, $16 seconds the code lives, $17-$24
-- journal line, $25 the details it had, $26 acr and $27 auth_time of her
-- sign-in (the epoch: not said); who holds with her: $28 ids uuid[] and $30 keys
-- bytea[] (of those who never came), $29 references text[], $31 answers text[]
-- (awaited, told), $32 how many are awaited, $33 days for them to answer
-- -> grant. A grant that lives is changed
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
	       state = CASE WHEN $32::int > 0 THEN 'pending' ELSE g.state END,
	       awaits = $32::int,
	       awaits_until = CASE WHEN $32::int > 0
			THEN now() + $33::bigint * interval '1 day' END,
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
), holder AS MATERIALIZED (
	SELECT *
	  FROM unnest($28::uuid[], $29::text[], $30::bytea[],
	       $31::text[]) AS h (id, customer, key, answer)
), known AS (
	INSERT INTO guichet.subject (id, customer, key)
	SELECT h.id, h.customer, h.key FROM holder AS h, given
	    ON CONFLICT (customer) DO UPDATE SET customer = EXCLUDED.customer
	RETURNING id, customer
), asked AS (
	INSERT INTO guichet.coholder (grant_id, subject_id, answer)
	SELECT g.id, k.id, h.answer
	  FROM given AS g, known AS k
	  JOIN holder AS h USING (customer)
	    ON CONFLICT (grant_id, subject_id) DO UPDATE
	   SET answer = EXCLUDED.answer, changed = now()
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $17::uuid, $18::smallint, $19::bytea, $20::bytea, $21::bytea,
	       $22::uuid, $23::uuid, $24::text
	  FROM given
)
SELECT id AS grant FROM given;
-- SPDX-License-Identifier: Apache-2.0
