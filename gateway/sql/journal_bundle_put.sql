-- The places of lines, in their order.
-- $1 logs bigint[], $2 seqs bigint[], $3 ids uuid[], $4 ns bigint[]
-- -> log, n, width (entries) of each bundle that grew
INSERT INTO guichet.journal_bundle AS b (log, n, ids, ns)
SELECT l.log, l.seq >> 8, array_agg(l.id ORDER BY l.seq),
       int8range(min(l.n), max(l.n), '[]')
  FROM unnest($1::bigint[], $2::bigint[], $3::uuid[], $4::bigint[])
       AS l (log, seq, id, n)
 GROUP BY l.log, l.seq >> 8
    ON CONFLICT (log, n) DO UPDATE
   SET ids = b.ids || EXCLUDED.ids, ns = range_merge(b.ns, EXCLUDED.ns)
RETURNING log, n, cardinality(ids) AS width;
-- SPDX-License-Identifier: Apache-2.0
