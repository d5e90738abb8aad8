-- $1 from, $2 to, $3 client or NULL -> customer, client, records, bytes, last: the
-- persons of report_breach, one by one
SELECT s.customer, f.client, coalesce(sum(f.n), 0)::bigint AS records,
       coalesce(sum(f.b), 0)::bigint AS bytes, max(f.at) AS last
  FROM guichet.journal_fact AS f
  JOIN guichet.subject AS s ON s.id = f.subject_id
 WHERE f.ev IN ('pull.begun', 'delivery.attempted')
   AND f.at >= $1::timestamptz AND f.at < $2::timestamptz
   AND ($3::text IS NULL OR f.client = $3::text)
 GROUP BY s.customer, f.client
 ORDER BY s.customer, f.client
 LIMIT 100000;
-- SPDX-License-Identifier: Apache-2.0
