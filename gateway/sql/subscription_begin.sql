-- A customer connects a cloud of her own: her consent, where it goes, one
-- subscription for each data set, waiting for the cloud's own approval; and the
-- line that says so.
-- $1..$8 the line (line_params), $9 grant, $10 client, $11 subject,
-- $12 pairwise, $13 data sets text[], $14 details, $15 purpose, $16 language,
-- $17 hash of the notice, $18 expires, $19 kind, $20 address, $21 host,
-- $22 the connector's state, $23 its secrets, $24 due after ms (-1: not);
-- who holds with her: $25 ids uuid[] and $27 keys bytea[] (of those who never
-- came), $26 references text[], $28 answers text[] (awaited, told), $29 how many
-- are awaited, $30 days for them to answer
-- -> id of the grant; none when this kind of cloud is suspended
WITH allowed AS (
	SELECT id FROM guichet.client
	 WHERE id = $10::text AND kind = $19::text AND state = 'admitted'
), given AS (
	INSERT INTO guichet.grants (id, client_id, subject_id, pairwise,
	       datasets, details, purpose, language, notice_sha256, state, expires,
	       opened, awaits, awaits_until)
	SELECT $9::uuid, a.id, $11::uuid, $12::text, $13::text[],
	       $14::text::jsonb, $15::text, $16::text, $17::bytea, 'pending',
	       $18::timestamptz, false, $29::int,
	       CASE WHEN $29::int > 0
		    THEN now() + $30::bigint * interval '1 day' END
	  FROM allowed AS a
	RETURNING id
), place AS (
	INSERT INTO guichet.destination
	       (grant_id, kind, address, host, state, sealed)
	SELECT g.id, $19::text, $20::text, $21::text, $22::text::jsonb,
	       $23::text
	  FROM given AS g
), kept AS (
	INSERT INTO guichet.subscription (id, grant_id, dataset, host, state, due)
	SELECT gen_random_uuid(), g.id, d, $21::text, 'waiting',
	       CASE WHEN $24::bigint >= 0
		    THEN now() + $24::bigint * interval '1 ms' END
	  FROM given AS g, unnest($13::text[]) AS d
), holder AS MATERIALIZED (
	SELECT *
	  FROM unnest($25::uuid[], $26::text[], $27::bytea[],
	       $28::text[]) AS h (id, customer, key, answer)
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
), line AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $1::uuid, $2::bigint, $3::bytea, $4::bytea, $5::bytea, $6::uuid,
	       $7::uuid, $8::text
	  FROM given
)
SELECT id FROM given;
-- SPDX-License-Identifier: Apache-2.0
