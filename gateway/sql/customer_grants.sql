-- $1 subject, $2 grant or NULL for all -> id, client, name, kind, state,
-- uri (of the PIMS), ended_by, address, datasets, details, created, expires, ended, last (of the last
-- record), records (since the beginning), first_day and last_day of what those
-- are about, stuck (the reason
-- why deliveries were given up, "gone: ..."; NULL when not), opened (her cloud
-- lets us in), awaits (answers of those who hold with her) and awaits_until,
-- holders (who hold with her and were asked or told), beginning (a first delivery
-- goes on).
-- Newest first, 200 at most; two years of those that ended.
SELECT g.id, g.client_id AS client, c.name, c.kind, c.uri, g.ended_by, d.address,
       CASE WHEN g.state IN ('active', 'pending', 'paused')
	     AND g.expires <= now() THEN 'expired' ELSE g.state END AS state,
       g.datasets, g.details, g.created, g.expires, coalesce(g.ended, g.expires) AS ended,
       left_.last, coalesce(left_.records, 0)::bigint AS records,
       (extract(epoch FROM left_.first_day)::bigint + 39600) * 1000000 AS first_day,
       (extract(epoch FROM left_.last_day)::bigint + 39600) * 1000000 AS last_day,
       EXISTS (SELECT FROM guichet.subscription AS s
	 WHERE s.grant_id = g.id AND s.state = 'active' AND s.given IS NULL)
	AS beginning,
       (SELECT COALESCE(min(s.reason), '') FROM guichet.subscription AS s
	 WHERE s.grant_id = g.id AND s.state = 'dead'
	 HAVING count(*) > 0) AS stuck,
       g.opened, g.awaits, g.awaits_until,
       (SELECT count(*) FROM guichet.coholder AS h
	 WHERE h.grant_id = g.id) AS holders
  FROM guichet.grants AS g
  JOIN guichet.client AS c ON c.id = g.client_id
  LEFT JOIN guichet.destination AS d ON d.grant_id = g.id
  LEFT JOIN (
	SELECT grant_id, max((leaf ->> 't')::timestamptz) AS last,
	       sum((leaf ->> 'n')::bigint) AS records,
	       min(split_part(covers, '/', 1))::date AS first_day,
	       max(split_part(covers, '/', 2))::date AS last_day
	  FROM (SELECT grant_id, convert_from(leaf, 'UTF8')::jsonb AS leaf,
		       substring(convert_from(side, 'UTF8')
				 FROM '"covers":"([-0-9/]+)"') AS covers
		  FROM guichet.journal_line
		 WHERE subject_id = $1 AND log = 0 AND leaf IS NOT NULL) AS l
	 WHERE leaf ->> 'ev' IN ('pull.begun', 'delivery.acked')
	   AND leaf ->> 'n' <> '0'
	 GROUP BY grant_id
       ) AS left_ ON left_.grant_id = g.id
 WHERE g.subject_id = $1
   AND ($2::uuid IS NULL OR g.id = $2)
   AND coalesce(g.ended, g.expires) > now() - interval '2 years'
 ORDER BY g.created DESC, g.id
 LIMIT 200;
-- SPDX-License-Identifier: Apache-2.0
