-- The oldest export that waits to be walked and that nobody walks; those whose
-- time is over go.
-- $1 owner, $2 seconds of lease -> id, grant_id, details, customer, asks, at,
-- horizon (NULL: this ask has not begun), parts, cursor
WITH gone AS (
	DELETE FROM guichet.export WHERE expires < now()
), next AS (
	SELECT e.id
	  FROM guichet.export AS e
	  JOIN guichet.grants AS g ON g.id = e.grant_id
	 WHERE e.state IN ('waiting', 'walking') AND e.expires > now()
	   AND (e.lease_until IS NULL OR e.lease_until < now())
	   AND g.state = 'active' AND g.expires > now()
	 ORDER BY e.created
	 LIMIT 1
	   FOR UPDATE OF e SKIP LOCKED
)
UPDATE guichet.export AS e
   SET owner = $1::text, state = 'walking',
       lease_until = now() + $2::bigint * interval '1 second'
  FROM next AS n, guichet.grants AS g, guichet.subject AS s
 WHERE e.id = n.id AND g.id = e.grant_id AND s.id = g.subject_id
RETURNING e.id, e.grant_id, g.details, s.customer, e.asks,
       e.at::bigint AS at, e.horizon, e.parts::bigint AS parts, e.cursor;
-- SPDX-License-Identifier: Apache-2.0
