-- (writes) $1 subject, $2-$9 journal line -> sides: the person's link to the
-- journal is destroyed, and the line says how many side records that were.
WITH gone AS MATERIALIZED (
	SELECT guichet.erase_subject($1::uuid) AS sides
), noted AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $2::uuid, $3::smallint, $4::bytea, $5::bytea, $6::bytea, $7::uuid,
	       $8::uuid, $9::text
	  FROM gone
)
SELECT sides FROM gone;
-- SPDX-License-Identifier: Apache-2.0
