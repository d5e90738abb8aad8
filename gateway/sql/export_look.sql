-- How far an export is. $1 id, $2 grant -> state, reason, asks, created, expires,
-- and for each part: n, ask, next, records, bytes (one row, n NULL: none yet)
SELECT e.state, e.reason, e.asks, e.created, e.expires, p.n::bigint AS n,
       p.ask::bigint AS ask, p.next, p.records, p.bytes
  FROM guichet.export AS e
  LEFT JOIN guichet.export_part AS p ON p.export_id = e.id
 WHERE e.id = $1::uuid AND e.grant_id = $2::uuid AND e.expires > now()
 ORDER BY p.n;
-- SPDX-License-Identifier: Apache-2.0
