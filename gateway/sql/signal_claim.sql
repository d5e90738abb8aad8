-- (writes) $1 seconds of the lease, $2 at most -> the first signal of each
-- recipient, if its time has come: signal, kind, state, by, at, attempts, stale
-- (nobody took it for a week), client, url, grant, pairwise. The next one of that
-- recipient waits for it. Claimed by lease: whoever dies leaves it to the next.
UPDATE guichet.signal AS s
   SET due = now() + $1::bigint * interval '1 s', attempts = s.attempts + 1
  FROM guichet.client AS c, guichet.grants AS g
 WHERE s.n IN (SELECT f.n FROM guichet.signal AS f
		WHERE f.due <= now() AND f.n = ANY (ARRAY (
			SELECT h.n
			  FROM guichet.client AS k
			 CROSS JOIN LATERAL (
				SELECT w.n, w.due, w.created
				  FROM guichet.signal AS w
				 WHERE w.client_id = k.id
				 ORDER BY w.n
				 LIMIT 1) AS h
			 WHERE k.signals_url IS NOT NULL AND h.due <= now()
			   AND (k.state = 'admitted'
				OR h.created < now() - interval '7 days')
			 ORDER BY h.due
			 LIMIT $2::bigint))
		  FOR UPDATE SKIP LOCKED)
   AND c.id = s.client_id AND g.id = s.grant_id
RETURNING s.id AS signal, s.kind, s.state, s.by, s.created AS at, s.attempts,
       s.created < now() - interval '7 days' AS stale,
       s.client_id AS client, c.signals_url AS url, s.grant_id AS grant,
       g.pairwise;
-- SPDX-License-Identifier: Apache-2.0
