-- The same as refresh_use.sql for refreshes that come together: one commit.
-- $1-$15 its parameters as lists, of text for the data sets (a literal of
-- text[]) and the number of the log -> ord (from 1) of each one written. A
-- grant that somebody is just changing is skipped: refresh_use.sql waits for it.
WITH asked AS MATERIALIZED (
	SELECT *
	  FROM unnest($1::bytea[], $2::text[], $3::bytea[], $4::text[],
	       $5::text[], $6::text[], $7::timestamptz[], $8::uuid[],
	       $9::text[], $10::bytea[], $11::bytea[], $12::bytea[],
	       $13::uuid[], $14::uuid[], $15::text[])
	       WITH ORDINALITY AS a (refresh, client, token, binding,
	       thumbprint, datasets, expires, id, log, leaf, salt, side,
	       subject_id, grant_id, client_id, ord)
), held AS MATERIALIZED (
	SELECT id, client_id, refresh_hash
	  FROM guichet.grants
	 WHERE refresh_hash = ANY ($1::bytea[])
	   AND state IN ('active', 'paused', 'pending') AND expires > now()
	 ORDER BY id
	   FOR SHARE SKIP LOCKED
), live AS MATERIALIZED (
	SELECT a.*, h.id AS held
	  FROM asked AS a
	  JOIN held AS h ON h.refresh_hash = a.refresh
	   AND h.client_id = a.client
), issued AS (
	INSERT INTO guichet.access_token
	       (hash, grant_id, client_id, binding, thumbprint, datasets, expires)
	SELECT token, held, client, binding, thumbprint, datasets::text[],
	       expires
	  FROM live
	 ORDER BY ord
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT id, log::smallint, leaf, salt, side, subject_id, grant_id,
	       client_id
	  FROM live
	 ORDER BY ord
)
SELECT ord FROM live;
-- SPDX-License-Identifier: Apache-2.0
