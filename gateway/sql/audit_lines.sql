-- $1 from, $2 to, $3 events text[], $4 client, $5 data set, $6 outcome,
-- $7 customer's subject, $8 call, $9-$11 before (at, log, seq), $12 at most
-- -> log, seq, id, at, ev, ds, client, name, oc, reason, n, b, att, act, known
-- (is a person's), newest first
SELECT f.log, f.seq, f.id, f.at, f.ev, f.ds, f.client, c.name, f.oc, f.reason,
       f.n, f.b, f.att, f.act, f.subject_id IS NOT NULL AS known
  FROM guichet.audit_lines($1, $2, $3::text[], $4::text, $5::text, $6::text,
       $7::uuid, $8::text, $9, $10::int, $11::bigint, $12::int) AS f
  LEFT JOIN guichet.client AS c ON c.id = f.client
 ORDER BY f.at DESC, f.log DESC, f.seq DESC;
-- SPDX-License-Identifier: Apache-2.0
