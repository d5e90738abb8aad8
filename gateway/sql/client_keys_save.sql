-- $1 client, $2 its keys as its jwks_uri gave them, NULL = it gave none,
-- $3-$10 journal line, written when they are others than before -> id. Those
-- before stay when it gave none. A trigger tells every worker.
WITH before AS (
	SELECT id, jwks
	  FROM guichet.client
	 WHERE id = $1::text
	   FOR UPDATE
), saved AS (
	UPDATE guichet.client AS c
	   SET jwks = coalesce($2::text::jsonb, c.jwks), jwks_tried = now()
	  FROM before AS b
	 WHERE c.id = b.id
	RETURNING c.id, c.jwks IS DISTINCT FROM b.jwks AS others
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $3::uuid, $4::smallint, $5::bytea, $6::bytea, $7::bytea,
	       $8::uuid, $9::uuid, $10::text
	  FROM saved WHERE others
)
SELECT id FROM saved;
-- SPDX-License-Identifier: Apache-2.0
