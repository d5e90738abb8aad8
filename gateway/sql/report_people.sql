-- $1 from, $2 to, $3 client or NULL -> at, ev, client, oc, reason, act, by (a
-- colleague's name): what the organisation's own people did
SELECT f.at, f.ev, f.client, f.oc, f.reason, f.act, s.name AS by
  FROM guichet.journal_fact AS f
  LEFT JOIN guichet.staff AS s ON s.id::text = f.by
 WHERE f.log = 1 AND f.act IN ('operator', 'auditor')
   AND f.at >= $1::timestamptz AND f.at < $2::timestamptz
   AND ($3::text IS NULL OR f.client = $3::text)
 ORDER BY f.at, f.seq
 LIMIT 100000;
-- SPDX-License-Identifier: Apache-2.0
