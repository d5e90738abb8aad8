-- $1 SHA-256 of a notice, $2 its language, $3 its text, $4 hash of the pushed
-- request it is for, $5-$12 journal line. The first time in that language, it is
-- told; the notice is kept as it was. The bounds on expires choose the partitions.
WITH kept AS (
	INSERT INTO guichet.notice (sha256, language, text)
	VALUES ($1::bytea, $2::text, $3::text)
	ON CONFLICT DO NOTHING
), first AS (
	UPDATE guichet.pushed_request SET shown = shown || $2::text
	 WHERE hash = $4::bytea
	   AND expires > now() AND expires < now() + interval '1 hour'
	   AND NOT $2::text = ANY (shown)
	RETURNING hash
)
INSERT INTO guichet.journal_line
       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
SELECT $5::uuid, $6::smallint, $7::bytea, $8::bytea, $9::bytea, $10::uuid,
       $11::uuid, $12::text
  FROM first;
-- SPDX-License-Identifier: Apache-2.0
