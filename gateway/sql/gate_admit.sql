-- The gate: the lines of concurrent calls, committed together; a line that asks
-- for a grant is written only while that grant is live and locked by us.
-- Nothing here waits: a grant that somebody is just changing is skipped and
-- told as busy, so that it delays its own lines alone (they are asked again).
-- $1 ids uuid[], $2 logs bigint[], $3 leaves bytea[], $4 salts bytea[],
-- $5 sides bytea[], $6 subjects uuid[], $7 grants uuid[], $8 clients text[],
-- $9 grants that must be live uuid[]; the nil uuid and '' stand for NULL
-- -> ord (from 1) of each line not written, busy
WITH line AS MATERIALIZED (
	SELECT *
	  FROM unnest($1::uuid[], $2::bigint[], $3::bytea[], $4::bytea[],
	       $5::bytea[], $6::uuid[], $7::uuid[], $8::text[], $9::uuid[])
	       WITH ORDINALITY AS l (id, log, leaf, salt, side, subject_id,
	       grant_id, client_id, asks, ord)
), held AS MATERIALIZED (
	SELECT g.id
	  FROM guichet.grants AS g
	 WHERE g.id = ANY ($9::uuid[])
	   AND g.state = 'active' AND g.expires > now()
	   AND EXISTS (SELECT FROM guichet.client AS c
	                WHERE c.id = g.client_id AND c.state = 'admitted')
	 ORDER BY g.id
	   FOR SHARE OF g SKIP LOCKED
), written AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT l.id, l.log, l.leaf, NULLIF(l.salt, ''), NULLIF(l.side, ''),
	       NULLIF(l.subject_id, '00000000-0000-0000-0000-000000000000'),
	       NULLIF(l.grant_id, '00000000-0000-0000-0000-000000000000'),
	       NULLIF(l.client_id, '')
	  FROM line AS l
	 WHERE l.asks = '00000000-0000-0000-0000-000000000000'
	    OR l.asks IN (SELECT id FROM held)
	 ORDER BY l.ord
)
SELECT l.ord, EXISTS (SELECT
	  FROM guichet.grants AS g
	  JOIN guichet.client AS c ON c.id = g.client_id
	 WHERE g.id = l.asks AND g.state = 'active' AND g.expires > now()
	   AND c.state = 'admitted') AS busy
  FROM line AS l
 WHERE l.asks <> '00000000-0000-0000-0000-000000000000'
   AND l.asks NOT IN (SELECT id FROM held)
 ORDER BY l.ord;
-- SPDX-License-Identifier: Apache-2.0
