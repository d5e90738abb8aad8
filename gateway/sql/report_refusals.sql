-- $1 from, $2 to, $3 client or NULL -> ev, client, ds, reason, lines, last
SELECT ev, client, ds, reason, count(*) AS lines, max(at) AS last
  FROM guichet.journal_fact
 WHERE ev IN ('pull.refused', 'token.refused', 'client.refused',
	'consent.refused', 'delivery.cancelled', 'destination.refused',
	'record.rejected', 'customer.login_failed', 'staff.login_failed')
   AND at >= $1::timestamptz AND at < $2::timestamptz
   AND guichet.counted(client, $3::text)
 GROUP BY ev, client, ds, reason
 ORDER BY lines DESC, ev, client, ds, reason
 LIMIT 10000;
-- SPDX-License-Identifier: Apache-2.0
