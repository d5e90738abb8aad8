-- An endpoint answered its challenge (open), or said that it is no more
-- (disabled). Deliveries to where it was before go to where it is now.
-- $1..$8 the line, $9 client, $10 state, $11 reason, $12 the address meant
-- -> client; none: it was so already, or has another address by now
WITH changed AS (
	UPDATE guichet.endpoint AS e
	   SET state = $10::text, reason = $11::text, changed = now()
	 WHERE e.client_id = $9::text AND e.url = $12::text
	   AND e.state <> $10::text
	RETURNING e.client_id, e.url, e.host, e.payload, e.state
), moved AS (
	UPDATE guichet.destination AS d
	   SET address = c.url, host = c.host, changed = now()
	  FROM changed AS c, guichet.grants AS g
	 WHERE g.client_id = c.client_id AND d.grant_id = g.id
	   AND d.kind = 'webhook' AND c.state = 'open' AND d.address <> c.url
	RETURNING d.grant_id, d.host
), followed AS (
	UPDATE guichet.subscription AS s
	   SET host = m.host
	  FROM moved AS m
	 WHERE s.grant_id = m.grant_id
), line AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $1::uuid, $2::bigint, $3::bytea, $4::bytea, $5::bytea, $6::uuid,
	       $7::uuid, $8::text
	  FROM changed
)
SELECT client_id FROM changed;
-- SPDX-License-Identifier: Apache-2.0
