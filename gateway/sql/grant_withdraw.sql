-- $1 grant, $2 its subject, $3-$10 journal line -> name of the PIMS. The grant,
-- its keys and its deliveries end together (what is due then: our own keys are
-- given back to her cloud); no row when none was live.
WITH ended AS (
	UPDATE guichet.grants AS g
	   SET state = 'withdrawn', ended = now(), ended_by = 'customer',
	       refresh_hash = NULL, changed = now()
	  FROM guichet.client AS c
	 WHERE g.id = $1::uuid AND g.subject_id = $2::uuid
	   AND g.state IN ('active', 'pending', 'paused')
	   AND c.id = g.client_id
	RETURNING g.id, c.name
), stopped AS (
	UPDATE guichet.subscription AS s SET state = 'ended', due = now()
	  FROM ended WHERE s.grant_id = ended.id AND s.state <> 'ended'
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $3::uuid, $4::smallint, $5::bytea, $6::bytea, $7::bytea,
	       $8::uuid, $9::uuid, $10::text
	  FROM ended
)
SELECT name FROM ended;
-- SPDX-License-Identifier: Apache-2.0
