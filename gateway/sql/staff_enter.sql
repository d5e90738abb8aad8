-- $1 session hash, $2 hash of the one before (or NULL), $3 expires, $4 id,
-- $5 issuer, $6 subject, $7 name, $8 roles, $9-$16 journal line -> id.
-- Makes or renews the person (a demo's is never made here), begins the session.
-- No row: disabled, or somebody else made this person meanwhile (ask again).
WITH made AS (
	INSERT INTO guichet.staff AS s (id, issuer, subject, name, roles)
	SELECT $4::uuid, $5::text, $6::text, $7::text, $8::text[]
	 WHERE $5::text <> 'demo'
	ON CONFLICT (issuer, subject) DO UPDATE
	   SET name = excluded.name, roles = excluded.roles
	 WHERE s.id = $4::uuid AND s.disabled IS NULL
	RETURNING id
), known AS (
	SELECT id FROM made
	 UNION ALL
	SELECT id FROM guichet.staff
	 WHERE id = $4::uuid AND issuer = 'demo' AND disabled IS NULL
), ended AS (
	DELETE FROM guichet.staff_session
	 WHERE hash = $2::bytea OR expires < now()
), begun AS (
	INSERT INTO guichet.staff_session (hash, staff_id, expires)
	SELECT $1::bytea, id, $3::timestamptz FROM known
	RETURNING staff_id
)
INSERT INTO guichet.journal_line
       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
SELECT $9::uuid, $10::smallint, $11::bytea, $12::bytea, $13::bytea,
       $14::uuid, $15::uuid, $16::text
  FROM begun
RETURNING id;
-- SPDX-License-Identifier: Apache-2.0
