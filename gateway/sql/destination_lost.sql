-- A cloud was asked and lets us in no more: what would be delivered to it is set
-- aside with the reason; the line says so, once.
-- $1..$8 the line, $9 grant, $10 reason -> id of the grant; none: nothing to
-- set aside
WITH lost AS (
	UPDATE guichet.subscription AS s
	   SET state = 'dead', due = NULL, reason = $10::text
	 WHERE s.grant_id = $9::uuid AND s.state = 'active'
	   AND s.lease_until IS NULL
	RETURNING s.grant_id
), line AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $1::uuid, $2::bigint, $3::bytea, $4::bytea, $5::bytea, $6::uuid,
	       $7::uuid, $8::text
	 WHERE EXISTS (SELECT FROM lost)
)
SELECT DISTINCT grant_id AS id FROM lost;
-- SPDX-License-Identifier: Apache-2.0
