-- A customer takes her own data: the line that says so, before anything leaves;
-- so many an hour at most. -> id; none: she has had as many.
-- $1 how many, $2 ids before this one are older than an hour, $3-$10 journal line
INSERT INTO guichet.journal_line
       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
SELECT $3::uuid, $4::smallint, $5::bytea, $6::bytea, $7::bytea, $8::uuid,
       $9::uuid, $10::text
 WHERE $1::bigint > (SELECT count(*)
	  FROM guichet.journal_line
	 WHERE subject_id = $8::uuid AND id > $2::uuid AND leaf IS NOT NULL
	   AND convert_from(leaf, 'UTF8')::jsonb ->> 'ev' = 'download.begun')
RETURNING id;
-- SPDX-License-Identifier: Apache-2.0
