-- $1 from, $2 to, $3 events text[], $4 client, $5 data set, $6 outcome,
-- $7 customer's subject, $8 call, $9 time zone -> facet (day, ev, client, ds, oc),
-- value, name (of a client), lines, n (records that left)
SELECT s.facet, s.value, c.name, s.lines, s.n
  FROM guichet.audit_sums($1, $2, $3::text[], $4::text, $5::text, $6::text,
       $7::uuid, $8::text, $9::text) AS s
  LEFT JOIN guichet.client AS c ON s.facet = 'client' AND c.id = s.value
 ORDER BY s.facet, s.lines DESC, s.value;
-- SPDX-License-Identifier: Apache-2.0
