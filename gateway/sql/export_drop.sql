-- A PIMS needs an export no more. $1 id, $2 grant, $3-$10 journal line -> id
WITH gone AS (
	DELETE FROM guichet.export
	 WHERE id = $1::uuid AND grant_id = $2::uuid AND expires > now()
	RETURNING id
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $3::uuid, $4::smallint, $5::bytea, $6::bytea, $7::bytea,
	       $8::uuid, $9::uuid, $10::text
	  FROM gone
)
SELECT id FROM gone;
-- SPDX-License-Identifier: Apache-2.0
