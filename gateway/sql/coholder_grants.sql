-- $1 who holds with others, $2 grant or NULL for all -> what these gave, as far
-- as he may know: id, client, name, kind, uri, state, answer (his own), datasets,
-- details, purpose, created, expires, ended, awaits, awaits_until, last (of the
-- last record), records (since the beginning), first_day and
-- last_day of what those are about, and its giver: subject, key.
-- Newest first, 100 at most; two years of those that ended.
SELECT g.id, g.client_id AS client, c.name, c.kind, c.uri,
       CASE WHEN g.state IN ('active', 'pending', 'paused')
	     AND g.expires <= now() THEN 'expired' ELSE g.state END AS state,
       h.answer, g.datasets, g.details, g.purpose, g.created, g.expires,
       coalesce(g.ended, g.expires) AS ended, g.awaits, g.awaits_until,
       left_.last, coalesce(left_.records, 0)::bigint AS records,
       (extract(epoch FROM left_.first_day)::bigint + 39600) * 1000000 AS first_day,
       (extract(epoch FROM left_.last_day)::bigint + 39600) * 1000000 AS last_day,
       g.subject_id AS subject, s.key
  FROM guichet.coholder AS h
  JOIN guichet.grants AS g ON g.id = h.grant_id
  JOIN guichet.client AS c ON c.id = g.client_id
  JOIN guichet.subject AS s ON s.id = g.subject_id
  LEFT JOIN LATERAL (
	SELECT max((leaf ->> 't')::timestamptz) AS last,
	       sum((leaf ->> 'n')::bigint) AS records,
	       min(split_part(covers, '/', 1))::date AS first_day,
	       max(split_part(covers, '/', 2))::date AS last_day
	  FROM (SELECT convert_from(leaf, 'UTF8')::jsonb AS leaf,
		       substring(convert_from(side, 'UTF8')
				 FROM '"covers":"([-0-9/]+)"') AS covers
		  FROM guichet.journal_line
		 WHERE subject_id = g.subject_id AND grant_id = g.id
		   AND log = 0 AND leaf IS NOT NULL) AS l
	 WHERE leaf ->> 'ev' IN ('pull.begun', 'delivery.acked')
	   AND leaf ->> 'n' <> '0'
       ) AS left_ ON true
 WHERE h.subject_id = $1
   AND ($2::uuid IS NULL OR h.grant_id = $2)
   AND coalesce(g.ended, g.expires) > now() - interval '2 years'
 ORDER BY g.created DESC, g.id
 LIMIT 100;
-- SPDX-License-Identifier: Apache-2.0
