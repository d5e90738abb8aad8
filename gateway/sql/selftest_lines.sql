-- $1 grant, $2 its subject -> log, event, leaf, place (NULL: not ordered yet): every
-- line of one consent, oldest first
SELECT l.log, convert_from(l.leaf, 'UTF8')::jsonb ->> 'ev' AS event, l.leaf,
       b.n * 256 + array_position(b.ids, l.id) - 1 AS place
  FROM guichet.journal_line AS l
  LEFT JOIN guichet.journal_bundle AS b
    ON b.log = l.log AND b.ns @> l.n AND l.id = ANY (b.ids)
 WHERE l.subject_id = $2::uuid AND l.grant_id = $1::uuid
 ORDER BY l.id
 LIMIT 500;
-- SPDX-License-Identifier: Apache-2.0
