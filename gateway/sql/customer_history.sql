-- $1 subject, $2 lines before this one (or NULL), $3 time zone -> at (of the
-- last), event, dataset, name (of the PIMS), records (NULL = none told), first_day
-- and last_day of what they are about (us, before noon, so that no zone moves them; NULL: not told), outcome,
-- times, oldest (id of the first), read (lines read in all: 1000 = there are
-- more). Newest first. What left, or failed to, is told by the day: a year of
-- half-hours is no list that anybody reads. What only repeats another line in
-- other words is left out.
WITH line AS MATERIALIZED (
	SELECT id, leaf, (leaf ->> 't')::timestamptz AS at, leaf ->> 'ev' AS event,
	       substring(side FROM '"covers":"([-0-9/]+)"') AS covers
	  FROM (SELECT id, convert_from(leaf, 'UTF8')::jsonb AS leaf,
		       convert_from(side, 'UTF8') AS side
		  FROM guichet.journal_line
		 WHERE subject_id = $1 AND leaf IS NOT NULL
		   AND ($2::uuid IS NULL OR id < $2)) AS l
	 WHERE leaf ->> 'ev' NOT IN ('pull.ended', 'download.begun', 'delivery.attempted',
	       'token.refreshed', 'consent.effective')
	 ORDER BY id DESC
	 LIMIT 1000
)
SELECT max(l.at) AS at, l.event, split_part(l.leaf ->> 'ds', '@', 1) AS dataset,
       coalesce(c.name, l.leaf ->> 'to') AS name,
       sum((l.leaf ->> 'n')::bigint)::bigint AS records,
       (extract(epoch FROM min(split_part(l.covers, '/', 1))::date)::bigint
	+ 39600) * 1000000 AS first_day,
       (extract(epoch FROM max(split_part(l.covers, '/', 2))::date)::bigint
	+ 39600) * 1000000 AS last_day,
       l.leaf ->> 'oc' AS outcome, count(*) AS times,
       (array_agg(l.id ORDER BY l.id))[1] AS oldest,
       (SELECT count(*) FROM line) AS read
  FROM line AS l
  LEFT JOIN guichet.client AS c ON c.id = l.leaf ->> 'to'
 GROUP BY (l.at AT TIME ZONE $3::text)::date, l.event, 3, 4, l.leaf ->> 'oc',
       CASE WHEN l.event ~ '^(pull|delivery|token)[.]' THEN NULL ELSE l.id END
 ORDER BY at DESC, oldest DESC;
-- SPDX-License-Identifier: Apache-2.0
