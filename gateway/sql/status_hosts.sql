-- Hosts in trouble: those whose last answers were refusals, or where something
-- was set aside. $1 rows at most
-- -> host, refused, dead, next (the first next try), reason (of the latest)
SELECT s.host, count(*) FILTER (WHERE s.state = 'active') AS refused,
       count(*) FILTER (WHERE s.state = 'dead') AS dead,
       min(s.due) FILTER (WHERE s.state = 'active') AS next,
       (array_agg(s.reason ORDER BY s.attempts DESC))[1] AS reason
  FROM guichet.subscription AS s
 WHERE s.state = 'dead' OR s.state = 'active' AND s.attempts > 0
 GROUP BY s.host
 ORDER BY count(*) DESC, s.host
 LIMIT $1::bigint;
-- SPDX-License-Identifier: Apache-2.0
