-- $1 id, $2 kind, $3 name, $4 uri, $5 contact, $6 purpose (en), $7 purpose
-- (fr), $8 jwks, $9 redirect_uris, $10 auth_method, $11 binding, $12 datasets,
-- $13-$15 how a customer gets one (en, fr, url), $16 jwks_uri, $17-$24 journal
-- line -> id. No row: it exists already.
WITH made AS (
	INSERT INTO guichet.client
	       (id, kind, name, uri, contact, purpose, jwks, redirect_uris,
	        auth_method, binding, datasets, how_to, jwks_uri)
	VALUES ($1::text, $2::text, $3::text, $4::text, $5::text,
	        jsonb_strip_nulls(jsonb_build_object('en', $6::text,
		    'fr', $7::text)),
	        $8::text::jsonb, $9::text[], $10::text, $11::text, $12::text[],
	        jsonb_strip_nulls(jsonb_build_object('en', $13::text,
		    'fr', $14::text, 'url', $15::text)), $16::text)
	ON CONFLICT DO NOTHING
	RETURNING id
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $17::uuid, $18::smallint, $19::bytea, $20::bytea, $21::bytea,
	       $22::uuid, $23::uuid, $24::text
	  FROM made
)
SELECT id FROM made;
-- SPDX-License-Identifier: Apache-2.0
