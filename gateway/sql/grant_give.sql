-- $1 request, $2 client, $3 grant, $4 subject, $5 pairwise, $6 data sets,
-- $7 details, $8 purpose, $9 language, $10 notice, $11 expires, $12 code,
-- $13 redirect_uri, $14 challenge, $15 jkt, $16 seconds the code lives, $17-$24
-- journal line, $25 acr and $26 auth_time of her sign-in (the epoch: not said);
-- who holds with her: $27 ids uuid[] and $29 keys bytea[] (of those who never
-- came), $28 references text[], $30 answers text[] (awaited, told), $31 how many
-- are awaited, $32 days for them to answer
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
	        language, notice_sha256, expires, acr, auth_time, state, awaits,
	        awaits_until)
	SELECT $3::uuid, c.id, $4::uuid, $5::text, $6::text[], $7::text::jsonb,
	       $8::text, $9::text, $10::bytea, $11::timestamptz,
	       $25::text, NULLIF($26::timestamptz, 'epoch'),
	       CASE WHEN $31::int > 0 THEN 'pending' ELSE 'active' END, $31::int,
	       CASE WHEN $31::int > 0
		    THEN now() + $32::bigint * interval '1 day' END
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
), holder AS MATERIALIZED (
	SELECT *
	  FROM unnest($27::uuid[], $28::text[], $29::bytea[],
	       $30::text[]) AS h (id, customer, key, answer)
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
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $17::uuid, $18::smallint, $19::bytea, $20::bytea, $21::bytea,
	       $22::uuid, $23::uuid, $24::text
	  FROM given
)
SELECT id AS grant FROM given;
-- SPDX-License-Identifier: Apache-2.0
