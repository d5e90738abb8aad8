-- $1 log, $2 size at most -> size, note: the last one of each day, and of each
-- hour of the last day.
WITH ends AS (
	SELECT d AS at
	  FROM guichet.journal_note AS f,
	       generate_series(date_trunc('day', f.signed) + interval '1 day',
	           now() + interval '1 day', interval '1 day') AS d
	 WHERE f.log = $1::smallint
	   AND f.size = (SELECT min(size) FROM guichet.journal_note
	                  WHERE log = $1::smallint)
	 UNION
	SELECT generate_series(date_trunc('hour', now()) - interval '24 hours',
	           now() + interval '1 hour', interval '1 hour')
)
SELECT DISTINCT n.size, n.note
  FROM ends
 CROSS JOIN LATERAL (
	SELECT size, note FROM guichet.journal_note
	 WHERE log = $1::smallint AND signed < ends.at AND size <= $2::bigint
	 ORDER BY signed DESC
	 LIMIT 1) AS n
 ORDER BY n.size;
-- SPDX-License-Identifier: Apache-2.0
