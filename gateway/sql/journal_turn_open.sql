-- A turn begins: the lines that committed since the last one, in the order in
-- which they came true. `seen` did not see them: they began after it was taken,
-- or were under way. To be the first statement of its transaction, so that
-- nothing of our own is among what this turn sees.
DECLARE turn NO SCROLL CURSOR FOR
SELECT l.log, l.n, l.id, l.leaf, pg_current_snapshot()::text AS seen
  FROM guichet.journal_line AS l
 WHERE l.xid >= (SELECT pg_snapshot_xmax(t.seen) FROM guichet.journal_turn AS t)
    OR l.xid = ANY (ARRAY (SELECT pg_snapshot_xip(t.seen)
                             FROM guichet.journal_turn AS t))
 ORDER BY l.n;
-- SPDX-License-Identifier: Apache-2.0
