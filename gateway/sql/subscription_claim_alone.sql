-- Claims one whose lease ran out: its worker died, perhaps because of it. It is
-- tried while nothing else is under way in this worker; only a worker that dies
-- then counts against it (crashes).
-- $1 owner, $2 lease seconds
-- -> as subscription_claim.sql
WITH chosen AS MATERIALIZED (
	SELECT s.id
	  FROM guichet.subscription AS s
	 WHERE s.lease_until < now()
	 ORDER BY s.lease_until
	 LIMIT 1
	   FOR UPDATE OF s SKIP LOCKED
), claimed AS (
	UPDATE guichet.subscription AS s
	   SET owner = $1::text, attempt = s.attempt + 1, alone = true,
	       crashes = s.crashes + s.alone::int,
	       lease_until = now() + $2::bigint * interval '1 second'
	  FROM chosen AS c
	 WHERE s.id = c.id
	RETURNING s.*
)
SELECT c.id, c.grant_id, c.dataset, c.host, c.state, c.cursor, c.sequence,
       c.changed, c.attempt, c.attempts, c.crashes, c.alone,
       c.delivered IS NOT NULL AS ever, c.given IS NOT NULL AS given, c.walk, c.walk_round,
       d.kind, d.address, d.state AS place, d.sealed, d.departed IS NOT NULL AS departed,
       g.client_id, g.changed AS decided, g.details, g.datasets, u.id AS subject_id, u.key AS subject_key,
       u.customer, 0::bigint AS walked, NULL::text AS last_host
  FROM claimed AS c
  JOIN guichet.destination AS d ON d.grant_id = c.grant_id
  JOIN guichet.grants AS g ON g.id = c.grant_id
  JOIN guichet.subject AS u ON u.id = g.subject_id;
-- SPDX-License-Identifier: Apache-2.0
