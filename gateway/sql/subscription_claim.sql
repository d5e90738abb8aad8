-- Claims what is due: host by host, to each up to what this worker gives it
-- (push/hosts.h), the longest waiting first; whatever another worker holds is
-- passed over. A lease that ran
-- out is not claimed here (subscription_claim_alone.sql). What is claimed:
-- deliveries under a live grant, looks at clouds that have not opened yet,
-- leave-takings of ended grants.
-- $1 owner, $2 lease seconds, $3 rows at most, $4 rows for a host, $5 hosts at
-- most, $6 host to begin after, $7 hosts text[] that get another number, $8 those
-- bigint[]
-- -> one row each, or one with id NULL; walked, last_host: where the walk ended;
-- last_claimed: the last host that got something
WITH RECURSIVE walk (host, n) AS (
	(SELECT s.host, 1::bigint FROM guichet.subscription AS s
	  WHERE s.due IS NOT NULL AND s.host > $6::text
	  ORDER BY s.host LIMIT 1)
	UNION ALL
	SELECT (SELECT s.host FROM guichet.subscription AS s
		 WHERE s.due IS NOT NULL AND s.host > w.host
		 ORDER BY s.host LIMIT 1), w.n + 1
	  FROM walk AS w
	 WHERE w.host IS NOT NULL AND w.n < $5::bigint
), free AS (
	SELECT w.host, COALESCE(f.slots, $4::bigint) AS slots
	  FROM walk AS w
	  LEFT JOIN unnest($7::text[], $8::bigint[]) AS f (host, slots)
	       USING (host)
	 WHERE w.host IS NOT NULL
), chosen AS MATERIALIZED (
	SELECT c.id
	  FROM free AS f
	 CROSS JOIN LATERAL (
		SELECT s.id
		  FROM guichet.subscription AS s
		  JOIN guichet.grants AS g ON g.id = s.grant_id
		  JOIN guichet.client AS k ON k.id = g.client_id
		 WHERE s.host = f.host AND s.due <= now()
		   AND s.lease_until IS NULL
		   AND (s.state = 'ended'
			OR s.state = 'waiting' AND g.state = 'pending'
			OR s.state = 'active' AND g.state = 'active'
			   AND g.expires > now() AND k.state = 'admitted')
		 ORDER BY s.due
		 LIMIT f.slots
		   FOR UPDATE OF s SKIP LOCKED) AS c
	 LIMIT $3::bigint
), claimed AS (
	UPDATE guichet.subscription AS s
	   SET owner = $1::text, attempt = s.attempt + 1, alone = false,
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
       u.customer,
       (SELECT count(*) FROM walk WHERE host IS NOT NULL) AS walked,
       (SELECT max(host) FROM walk) AS last_host,
       (SELECT max(host) FROM claimed) AS last_claimed
  FROM (SELECT 1) AS always
  LEFT JOIN claimed AS c ON true
  LEFT JOIN guichet.destination AS d ON d.grant_id = c.grant_id
  LEFT JOIN guichet.grants AS g ON g.id = c.grant_id
  LEFT JOIN guichet.subject AS u ON u.id = g.subject_id;
-- SPDX-License-Identifier: Apache-2.0
