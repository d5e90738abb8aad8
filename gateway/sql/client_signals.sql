-- Where a recipient hears that consents changed; nowhere any more: what was
-- still to be told is dropped.
-- $1..$8 the line, $9 client, $10 url (NULL: nowhere) -> client; none: no such
-- client, or it is so already
WITH changed AS (
	UPDATE guichet.client
	   SET signals_url = $10::text
	 WHERE id = $9::text AND kind IN ('oauth', 'webhook')
	   AND signals_url IS DISTINCT FROM $10::text
	RETURNING id, signals_url
), dropped AS (
	DELETE FROM guichet.signal AS s
	 USING changed AS c
	 WHERE s.client_id = c.id AND c.signals_url IS NULL
), line AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $1::uuid, $2::bigint, $3::bytea, $4::bytea, $5::bytea, $6::uuid,
	       $7::uuid, $8::text
	  FROM changed
)
SELECT id FROM changed;
-- SPDX-License-Identifier: Apache-2.0
