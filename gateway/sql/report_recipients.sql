-- $1 from, $2 to, $3 client or NULL -> client, pulls, deliveries, failed, dead,
-- records, bytes, recover (ms from a first failure to the next receipt, on
-- average), last (success, of all time): per recipient
WITH told AS (
	SELECT client, subject_id, grant_id, ds, at, log, seq,
	       ev <> 'delivery.acked' AS bad
	  FROM guichet.journal_fact
	 WHERE ev IN ('delivery.acked', 'delivery.failed', 'delivery.deferred',
		'delivery.dead')
	   AND at >= $1::timestamptz AND at < $2::timestamptz
	   AND grant_id IS NOT NULL AND guichet.counted(client, $3::text)
), turns AS (	-- the lines where it turned bad, or good
	SELECT client, grant_id, ds, at, log, seq, bad
	  FROM (SELECT *, lag(bad, 1, false) OVER (PARTITION BY grant_id, ds
			ORDER BY at, log, seq) AS was FROM told) AS t
	 WHERE bad <> was
), mended AS (
	SELECT client, bad, lead(at) OVER (PARTITION BY grant_id, ds
		ORDER BY at, log, seq) - at AS took
	  FROM turns
)
SELECT h.client,
       coalesce(sum(lines) FILTER (WHERE ev = 'pull.begun'), 0)::bigint AS pulls,
       coalesce(sum(lines) FILTER (WHERE ev = 'delivery.acked'), 0)::bigint
	   AS deliveries,
       coalesce(sum(lines) FILTER (WHERE ev = 'delivery.failed'), 0)::bigint
	   AS failed,
       coalesce(sum(lines) FILTER (WHERE ev = 'delivery.dead'), 0)::bigint
	   AS dead,
       coalesce(sum(n) FILTER (WHERE ev IN ('pull.begun', 'delivery.acked')),
	   0)::bigint AS records,
       coalesce(sum(b) FILTER (WHERE ev IN ('pull.begun', 'delivery.acked')),
	   0)::bigint AS bytes,
       (SELECT round(avg(extract(epoch FROM m.took)) * 1000)::bigint
	  FROM mended AS m
	 WHERE m.client = h.client AND m.bad) AS recover,
       (SELECT f.at FROM guichet.journal_fact AS f
	 WHERE f.client = h.client AND f.ev IN ('pull.begun', 'delivery.acked')
	 ORDER BY f.at DESC LIMIT 1) AS last
  FROM guichet.journal_hour AS h
 WHERE h.hour >= $1::timestamptz AND h.hour < $2::timestamptz
   AND h.client <> '' AND guichet.counted(h.client, $3::text)
 GROUP BY h.client
 ORDER BY h.client;
-- SPDX-License-Identifier: Apache-2.0
