-- $1 log, $2 place, $3 is the reader allowed to see whose it is? -> id, at, ev, ds,
-- client, name, oc, reason, n, b, att, act, ms, by, call, customer, grant, leaf,
-- hash, size (of the log's last checkpoint)
SELECT f.id, f.at, f.ev, f.ds, f.client, c.name, f.oc, f.reason, f.n, f.b, f.att,
       f.act, f.ms, p.name AS by, f.call,
       CASE WHEN $3::boolean THEN s.customer END AS customer,
       CASE WHEN $3::boolean THEN f.grant_id::text END AS "grant",
       f.subject_id IS NOT NULL AS known,
       convert_from(e.leaf, 'UTF8') AS leaf, encode(e.hash, 'hex') AS hash,
       (SELECT max(size) FROM guichet.journal_note WHERE log = $1::smallint) AS size
  FROM guichet.journal_fact AS f
 CROSS JOIN LATERAL guichet.journal_entries(f.log, f.seq, f.seq + 1) AS e
  LEFT JOIN guichet.client AS c ON c.id = f.client
  LEFT JOIN guichet.staff AS p ON p.id::text = f.by
  LEFT JOIN guichet.subject AS s ON s.id = f.subject_id
 WHERE f.log = $1::smallint AND f.seq = $2::bigint;
-- SPDX-License-Identifier: Apache-2.0
