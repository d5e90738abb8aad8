-- $1-$8 journal line. Asks for a verification of each log, unless one waits.
WITH asked AS (
	INSERT INTO guichet.journal_check (log)
	SELECT l FROM generate_series(0, 1) AS l
	 WHERE NOT EXISTS (SELECT FROM guichet.journal_check AS k
			    WHERE k.log = l AND k.ended IS NULL)
)
INSERT INTO guichet.journal_line
       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
VALUES ($1::uuid, $2::smallint, $3::bytea, $4::bytea, $5::bytea, $6::uuid,
       $7::uuid, $8::text);
-- SPDX-License-Identifier: Apache-2.0
