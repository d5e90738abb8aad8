-- $1 id, $2 name, $3 uri, $4 contact, $5 purpose (en), $6 purpose (fr), $7 jwks,
-- $8 redirect_uris, $9 auth_method, $10 binding, $11 data sets, $12 jwks_uri,
-- $13 software_id, $14 hash of its registration token, $15-$22 journal line ->
-- id, state, created. What customers read or where they go is looked at again
-- by a person before it counts; keys are the recipient's own business.
WITH changed AS (
	UPDATE guichet.client
	   SET state = CASE WHEN state = 'admitted' AND (name <> $2::text
			 OR purpose ->> 'en' IS DISTINCT FROM $5::text
			 OR purpose ->> 'fr' IS DISTINCT FROM $6::text
			 OR NOT redirect_uris @> $8::text[]
			 OR NOT datasets @> $11::text[])
		       THEN 'requested' ELSE state END,
	       name = $2::text, uri = $3::text, contact = $4::text,
	       purpose = jsonb_strip_nulls(jsonb_build_object('en', $5::text,
		   'fr', $6::text)),
	       jwks = $7::text::jsonb, redirect_uris = $8::text[],
	       auth_method = $9::text, binding = $10::text,
	       datasets = $11::text[], jwks_uri = $12::text,
	       jwks_tried = NULL, software_id = $13::text, reviewed_by = NULL
	 WHERE id = $1::text AND registration_hash = $14::bytea
	   AND state IN ('requested', 'reviewed', 'admitted', 'suspended')
	RETURNING id, state, created
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $15::uuid, $16::smallint, $17::bytea, $18::bytea, $19::bytea,
	       $20::uuid, $21::uuid, $22::text
	  FROM changed
)
SELECT id, state, created FROM changed;
-- SPDX-License-Identifier: Apache-2.0
