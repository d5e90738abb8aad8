-- $1 id, $2 kind, $3 name, $4 uri, $5 contact, $6 purpose (en), $7 purpose
-- (fr), $8 jwks, $9 redirect_uris, $10 auth_method, $11 binding, $12 datasets,
-- $13-$15 how a customer gets one (en, fr, url), $16-$23 journal line -> id. No row: it exists already.
WITH made AS (
	INSERT INTO guichet.client
	       (id, kind, name, uri, contact, purpose, jwks, redirect_uris,
	        auth_method, binding, datasets, how_to)
	VALUES ($1::text, $2::text, $3::text, $4::text, $5::text,
	        jsonb_strip_nulls(jsonb_build_object('en', $6::text,
		    'fr', $7::text)),
	        $8::text::jsonb, $9::text[], $10::text, $11::text, $12::text[],
	        jsonb_strip_nulls(jsonb_build_object('en', $13::text,
		    'fr', $14::text, 'url', $15::text)))
	ON CONFLICT DO NOTHING
	RETURNING id
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $16::uuid, $17::smallint, $18::bytea, $19::bytea, $20::bytea,
	       $21::uuid, $22::uuid, $23::text
	  FROM made
)
SELECT id FROM made;
-- SPDX-License-Identifier: Apache-2.0
