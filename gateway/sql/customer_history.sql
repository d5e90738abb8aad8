-- $1 subject, $2 lines before this one (or NULL) -> id, at, event, dataset,
-- name (of the PIMS), records (NULL = none told), outcome. Newest first, 41 at
-- most; what only repeats another line in other words is left out.
SELECT l.id, (l.leaf ->> 't')::timestamptz AS at, l.leaf ->> 'ev' AS event,
       split_part(l.leaf ->> 'ds', '@', 1) AS dataset,
       coalesce(c.name, l.leaf ->> 'to') AS name,
       (l.leaf ->> 'n')::bigint AS records, l.leaf ->> 'oc' AS outcome
  FROM (SELECT id, convert_from(leaf, 'UTF8')::jsonb AS leaf
	  FROM guichet.journal_line
	 WHERE subject_id = $1 AND leaf IS NOT NULL
	   AND ($2::uuid IS NULL OR id < $2)) AS l
  LEFT JOIN guichet.client AS c ON c.id = l.leaf ->> 'to'
 WHERE l.leaf ->> 'ev' NOT IN ('pull.ended', 'delivery.attempted',
       'token.refreshed', 'consent.effective')
 ORDER BY l.id DESC
 LIMIT 41;
-- SPDX-License-Identifier: Apache-2.0
