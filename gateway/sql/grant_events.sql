-- $1 grant -> id, at, event, actor, index (its place in the journal; NULL: not
-- ordered yet), hash of the line, leaf hash. What happened to a consent, in
-- order: the journal is what is appended to, nothing else is kept of it.
SELECT l.id, (l.leaf ->> 't')::timestamptz AS at, l.leaf ->> 'ev' AS event,
       l.leaf ->> 'act' AS actor, l.hash
  FROM (SELECT id, convert_from(leaf, 'UTF8')::jsonb AS leaf,
	       encode(sha256('\x00'::bytea || leaf), 'base64') AS hash
	  FROM guichet.journal_line
	 WHERE grant_id = $1 AND log = 1 AND leaf IS NOT NULL) AS l
 WHERE l.leaf ->> 'ev' LIKE 'consent.%'
 ORDER BY l.id
 LIMIT 200;
-- SPDX-License-Identifier: Apache-2.0
