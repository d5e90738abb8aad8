-- $1 id, $2 public key (JWK), $3 redirect URI, $4 data sets text[], $5-$12 journal
-- line -> id. The recipient of `guichet selftest`, with the key of this run and of
-- the three before it, as two hosts may try at once.
WITH put AS (
	INSERT INTO guichet.client AS c
	       (id, kind, name, purpose, jwks, redirect_uris, auth_method, binding,
	        datasets)
	VALUES ($1::text, 'oauth', 'Self-test', jsonb_build_object(
		'en', 'Check that this counter works',
		'fr', 'Vérifier que ce guichet fonctionne'),
	        jsonb_build_object('keys', jsonb_build_array($2::text::jsonb)),
	        ARRAY[$3::text], 'private_key_jwt', 'dpop', $4::text[])
	ON CONFLICT (id) DO UPDATE
	   SET redirect_uris = EXCLUDED.redirect_uris, datasets = EXCLUDED.datasets,
	       jwks = jsonb_build_object('keys', EXCLUDED.jwks -> 'keys' ||
		(SELECT jsonb_agg(k.one ORDER BY k.n)
		   FROM jsonb_array_elements(c.jwks -> 'keys')
			WITH ORDINALITY AS k (one, n)
		  WHERE k.n <= 3))
	RETURNING id
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $5::uuid, $6::smallint, $7::bytea, $8::bytea, $9::bytea,
	       $10::uuid, $11::uuid, $12::text
	  FROM put
)
SELECT id FROM put;
-- SPDX-License-Identifier: Apache-2.0
