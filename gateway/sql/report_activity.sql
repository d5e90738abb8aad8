-- $1 from, $2 to, $3 client or NULL -> ds, client, pulls, deliveries, failed,
-- refused, records, bytes: what left, per data set and recipient
SELECT ds, client,
       coalesce(sum(lines) FILTER (WHERE ev = 'pull.begun'), 0)::bigint AS pulls,
       coalesce(sum(lines) FILTER (WHERE ev = 'delivery.acked'), 0)::bigint
	   AS deliveries,
       coalesce(sum(lines) FILTER (WHERE ev = 'delivery.failed'), 0)::bigint
	   AS failed,
       coalesce(sum(lines) FILTER (WHERE ev = 'pull.refused'), 0)::bigint
	   AS refused,
       coalesce(sum(n) FILTER (WHERE ev IN ('pull.begun', 'delivery.acked')),
	   0)::bigint AS records,
       coalesce(sum(b) FILTER (WHERE ev IN ('pull.begun', 'delivery.acked')),
	   0)::bigint AS bytes
  FROM guichet.journal_hour
 WHERE log = 0 AND hour >= $1::timestamptz AND hour < $2::timestamptz
   AND guichet.counted(client, $3::text)
 GROUP BY ds, client
 ORDER BY ds, client;
-- SPDX-License-Identifier: Apache-2.0
