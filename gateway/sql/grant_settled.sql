-- $1 grant, $2-$9 journal line -> grant: its withdrawal took effect everywhere; no
-- row when that was told before.
WITH settled AS (
	UPDATE guichet.grants SET effective = now()
	 WHERE id = $1::uuid AND state = 'withdrawn' AND effective IS NULL
	RETURNING id
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $2::uuid, $3::smallint, $4::bytea, $5::bytea, $6::bytea,
	       $7::uuid, $8::uuid, $9::text
	  FROM settled
)
SELECT id AS grant FROM settled;
-- SPDX-License-Identifier: Apache-2.0
