-- $1 from, $2 to, $3 client or NULL -> ev, ds, lines, complete, aborted, median,
-- p95, p99 (ms): how the service answered, for a regulator
SELECT ev, ds, count(*) AS lines,
       count(*) FILTER (WHERE oc IS DISTINCT FROM 'aborted'
	   AND ev <> 'delivery.failed') AS complete,
       count(*) FILTER (WHERE oc = 'aborted' OR ev = 'delivery.failed')
	   AS aborted,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY ms) AS median,
       percentile_disc(0.95) WITHIN GROUP (ORDER BY ms) AS p95,
       percentile_disc(0.99) WITHIN GROUP (ORDER BY ms) AS p99
  FROM guichet.journal_fact
 WHERE ev IN ('pull.ended', 'delivery.acked', 'delivery.failed')
   AND at >= $1::timestamptz AND at < $2::timestamptz
   AND ($3::text IS NULL OR client = $3::text)
 GROUP BY ev, ds
 ORDER BY ev, ds;
-- SPDX-License-Identifier: Apache-2.0
