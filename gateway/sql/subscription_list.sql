-- Subscriptions, those in trouble first.
-- $1 id or NULL, $2 state or NULL, $3 host or NULL, $4 rows at most, $5 client
-- or NULL, $6 data set or NULL, $7 customer or NULL, in its state since $8 or later, and
-- before $9 (or NULL)
-- -> what is known of each; customers by their pseudonym
SELECT s.id, s.grant_id, s.dataset, s.host, s.state, s.sequence, s.attempts,
       s.crashes, s.reason, s.due, s.delivered, s.given, s.since,
       s.lease_until > now() AS under_way, g.client_id, g.pairwise,
       g.state AS grant_state, d.kind, u.id AS subject_id, u.key AS subject_key
  FROM guichet.subscription AS s
  JOIN guichet.grants AS g ON g.id = s.grant_id
  JOIN guichet.subject AS u ON u.id = g.subject_id
  LEFT JOIN guichet.destination AS d ON d.grant_id = s.grant_id
 WHERE ($1::uuid IS NULL OR s.id = $1::uuid)
   AND ($2::text IS NULL OR s.state = $2::text)
   AND ($3::text IS NULL OR s.host = $3::text)
   AND ($5::text IS NULL OR g.client_id = $5::text)
   AND ($6::text IS NULL OR s.dataset = $6::text)
   AND ($7::text IS NULL OR u.customer = $7::text)
   AND ($8::timestamptz IS NULL OR s.since >= $8::timestamptz)
   AND ($9::timestamptz IS NULL OR s.since < $9::timestamptz)
 ORDER BY s.state <> 'dead', s.attempts DESC, s.id
 LIMIT $4::bigint;
-- SPDX-License-Identifier: Apache-2.0
