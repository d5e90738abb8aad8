-- $1 grant -> id, at, event, actor, leaf (the line's exact bytes, as text), hash of
-- it in the tree, place in its log (NULL: not ordered yet). What happened to a consent, in
-- order: the journal is what is appended to, nothing else is kept of it. Its lines are
-- found by whose they are, hers or a co-holder's: a grant has no index there.
SELECT l.id, (l.leaf ->> 't')::timestamptz AS at, l.leaf ->> 'ev' AS event,
       l.leaf ->> 'act' AS actor, l.text AS leaf, l.hash,
       b.n * 256 + array_position(b.ids, l.id) - 1 AS place
  FROM (SELECT id, n, convert_from(leaf, 'UTF8') AS text,
	       convert_from(leaf, 'UTF8')::jsonb AS leaf,
	       encode(sha256('\x00'::bytea || leaf), 'base64') AS hash
	  FROM guichet.journal_line
	 WHERE subject_id = ANY (ARRAY (SELECT subject_id FROM guichet.grants
		 WHERE id = $1 UNION SELECT subject_id FROM guichet.coholder
		 WHERE grant_id = $1))
	   AND grant_id = $1 AND log = 1 AND leaf IS NOT NULL) AS l
  LEFT JOIN guichet.journal_bundle AS b
    ON b.log = 1 AND b.ns @> l.n AND l.id = ANY (b.ids)
 WHERE l.leaf ->> 'ev' LIKE 'consent.%'
 ORDER BY l.id
 LIMIT 200;
-- SPDX-License-Identifier: Apache-2.0
