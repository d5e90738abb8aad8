-- $1 session hash, $2 hash of the one before (or NULL), $3 expires, $4 subject,
-- $5 customer, $6 the subject's key, $7 language, $8 name, $9 acr, $10 when she
-- proved who she is, $11-$18 journal line.
-- No row when somebody else made this subject meanwhile: to be asked again.
WITH made AS (
	INSERT INTO guichet.subject (id, customer, key, language)
	VALUES ($4::uuid, $5::text, $6::bytea, $7::text)
	ON CONFLICT DO NOTHING
	RETURNING id
), known AS (
	SELECT id FROM made
	 UNION ALL
	SELECT id FROM guichet.subject
	 WHERE id = $4::uuid AND customer = $5::text AND key = $6::bytea
), ended AS (
	UPDATE guichet.session SET ended = true WHERE hash = $2::bytea
), begun AS (
	INSERT INTO guichet.session
	       (hash, subject_id, name, expires, acr, auth_time)
	SELECT $1::bytea, id, $8::text, $3::timestamptz, $9::text,
	       $10::timestamptz
	  FROM known
	RETURNING subject_id
)
INSERT INTO guichet.journal_line
       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
SELECT $11::uuid, $12::smallint, $13::bytea, $14::bytea, $15::bytea,
       $16::uuid, $17::uuid, $18::text
  FROM begun
RETURNING subject_id AS subject;
-- SPDX-License-Identifier: Apache-2.0
