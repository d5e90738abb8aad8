-- $1 seconds between two -> log, size, note: the last checkpoint of each log that
-- is due for a time-stamp
SELECT h.log::bigint AS log, n.size, n.note
  FROM guichet.journal_head AS h
 CROSS JOIN LATERAL (
	SELECT size, note FROM guichet.journal_note
	 WHERE log = h.log
	 ORDER BY size DESC
	 LIMIT 1) AS n
 WHERE n.size > 0
   AND NOT EXISTS (SELECT FROM guichet.journal_stamp AS s
		    WHERE s.log = h.log AND (s.size = n.size
		       OR s.asked > now() - make_interval(secs => $1::bigint)))
 ORDER BY h.log;
-- SPDX-License-Identifier: Apache-2.0
