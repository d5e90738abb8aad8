-- $1 id -> log, seq of a line; no row when it has no place (yet)
SELECT b.log, b.n * 256 + array_position(b.ids, l.id) - 1 AS seq
  FROM guichet.journal_line AS l
  JOIN guichet.journal_bundle AS b
    ON b.log = l.log AND b.ns @> l.n AND l.id = ANY (b.ids)
 WHERE l.id = $1::uuid;
-- SPDX-License-Identifier: Apache-2.0
