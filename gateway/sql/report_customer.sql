-- $1 from, $2 to, $3 client or NULL, $4 customer -> at, ev, client, ds, records,
-- bytes, oc, grant: everything about one person (GDPR art. 15), oldest first
SELECT f.at, f.ev, f.client, f.ds, f.n AS records, f.b AS bytes, f.oc,
       f.grant_id::text AS "grant"
  FROM guichet.journal_fact AS f
  JOIN guichet.subject AS s ON s.id = f.subject_id
 WHERE s.customer = $4::text
   AND f.at >= $1::timestamptz AND f.at < $2::timestamptz
   AND ($3::text IS NULL OR f.client = $3::text)
 ORDER BY f.at, f.log, f.seq
 LIMIT 100000;
-- SPDX-License-Identifier: Apache-2.0
