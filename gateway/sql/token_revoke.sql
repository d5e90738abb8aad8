-- $1 access token hash, $2 client, $3-$10 journal line -> grant. Every worker
-- is told. The token goes before its partition does.
WITH gone AS (
	DELETE FROM guichet.access_token
	 WHERE hash = $1::bytea
	   AND client_id = $2::text
	   AND expires > now()
	   AND expires < now() + interval '2 hours'
	RETURNING hash, grant_id
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $3::uuid, $4::smallint, $5::bytea, $6::bytea, $7::bytea,
	       $8::uuid, $9::uuid, $10::text
	  FROM gone
)
SELECT grant_id AS grant,
       pg_notify('guichet_token', encode(hash, 'hex')) IS NULL AS told
  FROM gone;
-- SPDX-License-Identifier: Apache-2.0
