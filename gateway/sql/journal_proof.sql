-- The tiles that prove some entries, and the note they lead to.
-- $1 log, $2 places bigint[] -> note, size, level, n, hashes: those along the way up and the
-- last one of each level (no row: nothing is signed, or not yet so far)
WITH head AS (
	SELECT size, note FROM guichet.journal_note
	 WHERE log = $1::smallint ORDER BY size DESC LIMIT 1
), wanted AS (
	SELECT l AS level, x.n
	  FROM head, unnest($2::bigint[]) AS p (place),
	       generate_series(0, 7) AS l,
	       LATERAL (VALUES (p.place >> (8 * (l + 1))),
			((head.size >> (8 * l)) / 256)) AS x (n)
	 WHERE head.size >> (8 * l) > 0 AND p.place < head.size
	 GROUP BY l, x.n
)
SELECT h.note, h.size, t.level, t.n, t.hashes
  FROM wanted AS w
  JOIN guichet.journal_tile AS t ON t.log = $1::smallint AND t.level = w.level
   AND t.n = w.n
 CROSS JOIN head AS h;
-- SPDX-License-Identifier: Apache-2.0
