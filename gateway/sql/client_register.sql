-- $1 id, $2 name, $3 uri, $4 contact, $5 purpose (en), $6 purpose (fr), $7 jwks,
-- $8 redirect_uris, $9 auth_method, $10 binding, $11 data sets, $12 jwks_uri,
-- $13 software_id, $14 hash of its registration token, $15 vouched for (1: a
-- software statement, an operator; 2: and admitted at once, in a sandbox), $16 hash of an invitation, $17-$24 journal
-- line -> id, state, created. No row: neither vouched for nor invited.
WITH invited AS (
	UPDATE guichet.invitation
	   SET uses = uses - 1
	 WHERE hash = $16::bytea AND uses > 0 AND expires > now()
	RETURNING admit
), allowed AS (
	SELECT admit FROM invited
	 UNION ALL
	SELECT $15::bigint = 2 WHERE $15::bigint > 0
	 LIMIT 1
), made AS (
	INSERT INTO guichet.client
	       (id, kind, name, uri, contact, purpose, jwks, redirect_uris,
	        auth_method, binding, datasets, jwks_uri, software_id,
	        registration_hash, state)
	SELECT $1::text, 'oauth', $2::text, $3::text, $4::text,
	       jsonb_strip_nulls(jsonb_build_object('en', $5::text,
		   'fr', $6::text)),
	       $7::text::jsonb, $8::text[], $9::text, $10::text, $11::text[],
	       $12::text, $13::text, $14::bytea,
	       CASE WHEN admit THEN 'admitted' ELSE 'requested' END
	  FROM allowed
	RETURNING id, state, created
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $17::uuid, $18::smallint, $19::bytea, $20::bytea, $21::bytea,
	       $22::uuid, $23::uuid, $24::text
	  FROM made
)
SELECT id, state, created FROM made;
-- SPDX-License-Identifier: Apache-2.0
