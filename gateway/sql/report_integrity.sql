-- $1 from, $2 to, $3 unused -> name, lines, notes, first, last: each log, and the
-- checkpoints signed in that time
SELECT CASE h.log WHEN 0 THEN 'restitution' ELSE 'consent-admin' END AS name,
       h.size AS lines, count(n.size) AS notes, min(n.signed) AS first,
       max(n.signed) AS last
  FROM guichet.journal_head AS h
  LEFT JOIN guichet.journal_note AS n ON n.log = h.log
   AND n.signed >= $1::timestamptz AND n.signed < $2::timestamptz
 WHERE $3::text IS NULL OR true
 GROUP BY h.log, h.size
 ORDER BY h.log;
-- SPDX-License-Identifier: Apache-2.0
