-- A cloud has another address now: what is to be delivered goes there.
-- $1..$8 the line, $9 grant, $10 address, $11 host -> id of the grant; none: it was
-- known already, or we have left it
WITH moved AS (
	UPDATE guichet.destination
	   SET address = $10::text, host = $11::text, changed = now()
	 WHERE grant_id = $9::uuid AND address <> $10::text AND departed IS NULL
	RETURNING grant_id
), followed AS (
	UPDATE guichet.subscription AS s SET host = $11::text
	  FROM moved AS m WHERE s.grant_id = m.grant_id
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $1::uuid, $2::bigint, $3::bytea, $4::bytea, $5::bytea, $6::uuid,
	       $7::uuid, $8::text
	  FROM moved
)
SELECT grant_id AS id FROM moved;
-- SPDX-License-Identifier: Apache-2.0
