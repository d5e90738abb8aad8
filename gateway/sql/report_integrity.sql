-- $1 from, $2 to, $3 unused -> name, lines, notes, first, last, verified, bad: each
-- log, the checkpoints signed in that time, and the verifications done in it
SELECT CASE h.log WHEN 0 THEN 'restitution' ELSE 'consent-admin' END AS name,
       h.size AS lines, n.notes, n.first, n.last, c.verified, c.bad
  FROM guichet.journal_head AS h
 CROSS JOIN LATERAL (SELECT count(*) AS notes, min(n.signed) AS first,
	       max(n.signed) AS last
	  FROM guichet.journal_note AS n
	 WHERE n.log = h.log AND n.signed >= $1::timestamptz
	   AND n.signed < $2::timestamptz) AS n
 CROSS JOIN LATERAL (SELECT count(*) AS verified,
	       count(*) FILTER (WHERE NOT c.good) AS bad
	  FROM guichet.journal_check AS c
	 WHERE c.log = h.log AND c.ended >= $1::timestamptz
	   AND c.ended < $2::timestamptz) AS c
 WHERE $3::text IS NULL OR true
 ORDER BY h.log;
-- SPDX-License-Identifier: Apache-2.0
