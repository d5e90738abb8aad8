-- $1 refresh token hash, $2 client, $3 access token hash, $4 binding,
-- $5 thumbprint, $6 data sets (NULL = all), $7 its end, $8-$15 journal line ->
-- grant. The grant's row is locked, so that a refresh cannot pass a withdrawal.
-- One that is paused, or waits for those who hold with her, has not ended: its
-- tokens open no record meanwhile.
WITH live AS (
	SELECT id
	  FROM guichet.grants
	 WHERE refresh_hash = $1::bytea AND client_id = $2::text
	   AND state IN ('active', 'paused', 'pending') AND expires > now()
	   FOR SHARE
), issued AS (
	INSERT INTO guichet.access_token
	       (hash, grant_id, client_id, binding, thumbprint, datasets, expires)
	SELECT $3::bytea, id, $2::text, $4::text, $5::text, $6::text[],
	       $7::timestamptz
	  FROM live
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $8::uuid, $9::smallint, $10::bytea, $11::bytea, $12::bytea,
	       $13::uuid, $14::uuid, $15::text
	  FROM live
)
SELECT id AS grant FROM live;
-- SPDX-License-Identifier: Apache-2.0
