-- $1 code hash, $2 client, $3 refresh token hash, $4 access token hash,
-- $5 binding, $6 thumbprint, $7 its end, $8-$15 journal line -> grant. No row:
-- somebody was first, or the grant has ended.
WITH spent AS (
	UPDATE guichet.code
	   SET spent = now()
	 WHERE hash = $1::bytea
	   AND client_id = $2::text
	   AND spent IS NULL
	   AND expires > now()
	   AND expires < now() + interval '1 hour'
	RETURNING grant_id
), keyed AS (
	UPDATE guichet.grants AS g
	   SET refresh_hash = $3::bytea
	  FROM spent
	 WHERE g.id = spent.grant_id AND g.state IN ('active', 'paused', 'pending')
	   AND g.expires > now()
	RETURNING g.id
), issued AS (
	INSERT INTO guichet.access_token
	       (hash, grant_id, client_id, binding, thumbprint, expires)
	SELECT $4::bytea, id, $2::text, $5::text, $6::text, $7::timestamptz
	  FROM keyed
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $8::uuid, $9::smallint, $10::bytea, $11::bytea, $12::bytea,
	       $13::uuid, $14::uuid, $15::text
	  FROM keyed
)
SELECT id AS grant FROM keyed;
-- SPDX-License-Identifier: Apache-2.0
