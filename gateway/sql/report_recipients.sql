-- $1 from, $2 to, $3 client or NULL -> client, pulls, deliveries, failed, dead,
-- records, bytes, last (success, of all time): per recipient
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
       (SELECT f.at FROM guichet.journal_fact AS f
	 WHERE f.client = h.client AND f.ev IN ('pull.begun', 'delivery.acked')
	 ORDER BY f.at DESC LIMIT 1) AS last
  FROM guichet.journal_hour AS h
 WHERE h.hour >= $1::timestamptz AND h.hour < $2::timestamptz
   AND h.client <> '' AND ($3::text IS NULL OR h.client = $3::text)
 GROUP BY h.client
 ORDER BY h.client;
-- SPDX-License-Identifier: Apache-2.0
