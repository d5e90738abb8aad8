-- A recipient says where it hears of us; a new address must prove itself before
-- anything is sent there. Keys it has already stay.
-- $1..$8 the line, $9 client, $10 url, $11 host, $12 link, $13 payload,
-- $14 sealed keys -> its sealed keys; none: no such client
WITH put AS (
	INSERT INTO guichet.endpoint AS e
	       (client_id, url, host, link, payload, sealed)
	SELECT c.id, $10::text, $11::text, $12::text, $13::text, $14::text
	  FROM guichet.client AS c
	 WHERE c.id = $9::text
	ON CONFLICT (client_id) DO UPDATE
	   SET url = EXCLUDED.url, host = EXCLUDED.host, link = EXCLUDED.link,
	       payload = EXCLUDED.payload, reason = NULL, changed = now(),
	       state = CASE WHEN e.url = EXCLUDED.url THEN e.state
		       ELSE 'unproven' END
	RETURNING e.client_id, e.sealed
), line AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $1::uuid, $2::bigint, $3::bytea, $4::bytea, $5::bytea, $6::uuid,
	       $7::uuid, $8::text
	  FROM put
)
SELECT sealed FROM put;
-- SPDX-License-Identifier: Apache-2.0
