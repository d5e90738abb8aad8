-- $1 from, $2 to, $3 client or NULL -> client, ds, persons, records, bytes, first,
-- last: who was touched by what left, should it turn out to be a breach (GDPR
-- art. 33). Of persons whose key was destroyed nothing is known.
SELECT client, ds, count(DISTINCT subject_id) AS persons,
       coalesce(sum(n), 0)::bigint AS records,
       coalesce(sum(b), 0)::bigint AS bytes, min(at) AS first, max(at) AS last
  FROM guichet.journal_fact
 WHERE ev IN ('pull.begun', 'delivery.attempted')
   AND at >= $1::timestamptz AND at < $2::timestamptz
   AND ($3::text IS NULL OR client = $3::text)
 GROUP BY client, ds
 ORDER BY client, ds;
-- SPDX-License-Identifier: Apache-2.0
