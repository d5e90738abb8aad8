-- $1 from, $2 to, $3 client or NULL -> ev, client, ds, oc, reason, lines, last
SELECT ev, client, ds, oc, reason, count(*) AS lines, max(at) AS last
  FROM guichet.journal_fact
 WHERE ev IN ('delivery.failed', 'delivery.deferred', 'delivery.dead')
   AND at >= $1::timestamptz AND at < $2::timestamptz
   AND guichet.counted(client, $3::text)
 GROUP BY ev, client, ds, oc, reason
 ORDER BY lines DESC, ev, client, ds, oc, reason
 LIMIT 10000;
-- SPDX-License-Identifier: Apache-2.0
