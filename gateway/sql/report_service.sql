-- $1 from, $2 to, $3 client or NULL -> ev, ds, lines, complete, aborted, away (not
-- answered because something of ours was), available (complete of lines, per cent),
-- median, p95, p99 (ms): how the service answered, by class, for a regulator
SELECT ev, ds, count(*) AS lines,
       count(*) FILTER (WHERE good) AS complete,
       count(*) FILTER (WHERE NOT good AND NOT away) AS aborted,
       count(*) FILTER (WHERE away) AS away,
       round(100.0 * count(*) FILTER (WHERE good) / count(*), 2)::text AS available,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY ms) AS median,
       percentile_disc(0.95) WITHIN GROUP (ORDER BY ms) AS p95,
       percentile_disc(0.99) WITHIN GROUP (ORDER BY ms) AS p99
  FROM (SELECT CASE WHEN ev LIKE 'pull.%' THEN 'pull.ended'
		    ELSE 'delivery.acked' END AS ev, ds, ms,
	       ev = 'delivery.acked' OR ev = 'pull.ended'
		   AND oc IS DISTINCT FROM 'aborted' AS good,
	       ev = 'pull.refused' AS away
	  FROM guichet.journal_fact
	 WHERE ev IN ('pull.ended', 'pull.refused', 'delivery.acked',
		'delivery.failed')
	   AND (ev <> 'pull.refused' OR oc = '5xx')
	   AND at >= $1::timestamptz AND at < $2::timestamptz
	   AND guichet.counted(client, $3::text)) AS f
 GROUP BY ev, ds
 ORDER BY ev, ds;
-- SPDX-License-Identifier: Apache-2.0
