-- What is new for a PIMS, after a place; only what was touched by transactions
-- older than any still running, so that none appears behind a reader.
-- $1 client, $2 $3 $4 the place (xid, grant, data set), $5 at most
-- -> ahead (the place lies in a future: another cluster's), place, grant_id,
-- dataset, state, at; one row without a place when there is nothing
SELECT s.xid > pg_snapshot_xmax(s.seen)::text::bigint AS ahead,
       n.xid::text::bigint AS place, n.grant_id, n.dataset, n.state, n.at
  FROM (SELECT $2::bigint AS xid, pg_current_snapshot() AS seen) AS s
  LEFT JOIN LATERAL (
	SELECT n.xid, n.grant_id, n.dataset, n.at, g.state
	  FROM guichet.news AS n
	  JOIN guichet.grants AS g ON g.id = n.grant_id
	 WHERE n.client_id = $1::text
	   AND n.xid < pg_snapshot_xmin(s.seen)
	   AND (n.xid, n.grant_id, n.dataset) >
	       (s.xid::text::xid8, $3::uuid, $4::text)
	   AND (n.dataset = '' OR g.state = 'active' AND g.expires > now())
	 ORDER BY n.xid, n.grant_id, n.dataset
	 LIMIT $5::bigint) AS n ON true
 ORDER BY n.xid, n.grant_id, n.dataset;
-- SPDX-License-Identifier: Apache-2.0
