-- The tiles that prove one entry, and the note they lead to.
-- $1 log, $2 place -> note, size, level, n, hashes: those along the way up and the
-- last one of each level (no row: nothing is signed, or not yet so far)
WITH head AS (
	SELECT size, note FROM guichet.journal_note
	 WHERE log = $1::smallint ORDER BY size DESC LIMIT 1
), wanted AS (
	SELECT l AS level, x.n
	  FROM head, generate_series(0, 7) AS l,
	       LATERAL (VALUES ($2::bigint >> (8 * (l + 1))),
			((head.size >> (8 * l)) / 256)) AS x (n)
	 WHERE head.size >> (8 * l) > 0 AND $2::bigint < head.size
	 GROUP BY l, x.n
)
SELECT h.note, h.size, t.level, t.n, t.hashes
  FROM wanted AS w
  JOIN guichet.journal_tile AS t ON t.log = $1::smallint AND t.level = w.level
   AND t.n = w.n
 CROSS JOIN head AS h;
-- SPDX-License-Identifier: Apache-2.0
