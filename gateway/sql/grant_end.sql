-- $1 grant, $2 state (withdrawn, expired), $3 by, $4-$11 journal line -> grant.
-- The grant, its keys and its deliveries end together (what is due then: our own
-- keys are given back to her cloud); no row when it had ended, or, for
-- 'expired', when it is not due.
WITH ended AS (
	UPDATE guichet.grants
	   SET state = $2::text, ended = now(), ended_by = $3::text,
	       refresh_hash = NULL, changed = now()
	 WHERE id = $1::uuid
	   AND state IN ('active', 'pending', 'paused')
	   AND ($2::text <> 'expired' OR expires <= now()
		OR (state = 'pending' AND awaits > 0 AND awaits_until <= now()))
	RETURNING id
), stopped AS (
	UPDATE guichet.subscription AS s SET state = 'ended', due = now()
	  FROM ended WHERE s.grant_id = ended.id AND s.state <> 'ended'
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $4::uuid, $5::smallint, $6::bytea, $7::bytea, $8::bytea,
	       $9::uuid, $10::uuid, $11::text
	  FROM ended
)
SELECT id AS grant FROM ended;
-- SPDX-License-Identifier: Apache-2.0
