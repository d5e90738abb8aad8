-- $1 from, $2 to, $3 client or NULL, $4 data sets text[], $5 their promised
-- latency in ms bigint[] -> ds, deliveries, median, p95, p99, worst (ms from the
-- change at the source, or from the consent if that is later, to its receipt),
-- promised, late
SELECT f.ds, count(*) AS deliveries,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY f.lag) AS median,
       percentile_disc(0.95) WITHIN GROUP (ORDER BY f.lag) AS p95,
       percentile_disc(0.99) WITHIN GROUP (ORDER BY f.lag) AS p99,
       max(f.lag) AS worst, max(p.ms) AS promised,
       count(*) FILTER (WHERE f.lag > p.ms) AS late
  FROM guichet.journal_fact AS f
  LEFT JOIN unnest($4::text[], $5::bigint[]) AS p (ds, ms)
    ON p.ds = split_part(f.ds, '@', 1)
 WHERE f.ev = 'delivery.acked' AND f.lag IS NOT NULL
   AND f.at >= $1::timestamptz AND f.at < $2::timestamptz
   AND guichet.counted(f.client, $3::text)
 GROUP BY f.ds
 ORDER BY f.ds;
-- SPDX-License-Identifier: Apache-2.0
