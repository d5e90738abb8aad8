-- One who holds with her agrees, refuses or objects. The grant is locked first:
-- who answers cannot pass its end, and of two who agree at once one is the last.
-- $1 grant, $2 who answers, $3 answer (agreed, refused), $4-$11 its journal
-- line, $12-$19 the line of what it makes of the consent (given at the last yes,
-- withdrawn) -> grant, name (of the PIMS), state. No row: there is nothing of
-- this person's to answer any more.
WITH held AS MATERIALIZED (
	SELECT g.id, c.name
	  FROM guichet.grants AS g
	  JOIN guichet.client AS c ON c.id = g.client_id
	 WHERE g.id = $1::uuid AND g.state IN ('active', 'pending', 'paused')
	   AND g.expires > now()
	   FOR UPDATE OF g
), answered AS (
	UPDATE guichet.coholder AS h
	   SET answer = $3::text, changed = now()
	  FROM held
	 WHERE h.grant_id = held.id AND h.subject_id = $2::uuid
	   AND CASE $3::text WHEN 'agreed' THEN h.answer = 'awaited'
	       ELSE h.answer IN ('awaited', 'agreed', 'told') END
	RETURNING h.grant_id
), turned AS (
	UPDATE guichet.grants AS g
	   SET awaits = CASE $3::text WHEN 'agreed' THEN g.awaits - 1
			ELSE g.awaits END,
	       state = CASE WHEN $3::text = 'refused' THEN 'withdrawn'
		       WHEN g.awaits = 1 AND g.opened THEN 'active'
		       ELSE g.state END,
	       ended = CASE $3::text WHEN 'refused' THEN now() END,
	       ended_by = CASE $3::text WHEN 'refused' THEN 'coholder' END,
	       refresh_hash = CASE $3::text WHEN 'refused' THEN NULL
			      ELSE g.refresh_hash END,
	       changed = now()
	  FROM answered AS a
	 WHERE g.id = a.grant_id
	RETURNING g.id, g.state, g.awaits
), stopped AS (
	UPDATE guichet.subscription AS s SET state = 'ended', due = now()
	  FROM turned AS t
	 WHERE s.grant_id = t.id AND t.state = 'withdrawn'
	   AND s.state <> 'ended'
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT l.id, l.log, l.leaf, l.salt, l.side, l.subject, l.grant, l.client
	  FROM (SELECT 1 AS place, $4::uuid AS id, $5::smallint AS log,
		       $6::bytea AS leaf, $7::bytea AS salt, $8::bytea AS side,
		       $9::uuid AS subject, $10::uuid AS grant,
		       $11::text AS client
		  FROM turned
		 UNION ALL
		SELECT 2, $12::uuid, $13::smallint, $14::bytea, $15::bytea,
		       $16::bytea, $17::uuid, $18::uuid, $19::text
		  FROM turned AS t
		 WHERE t.state = 'withdrawn'
		    OR (t.awaits = 0 AND $3::text = 'agreed')) AS l
	 ORDER BY l.place
)
SELECT t.id AS grant, h.name, t.state
  FROM turned AS t, held AS h;
-- SPDX-License-Identifier: Apache-2.0
