-- She refused at her cloud: what was pending ends, and our keys there are given
-- back (ended subscriptions that are due). A live grant is not touched.
-- $1..$8 the line, $9 grant -> id; none: it was not pending
WITH refused AS (
	UPDATE guichet.grants AS g
	   SET state = 'withdrawn', ended = now(), ended_by = 'customer',
	       changed = now()
	 WHERE g.id = $9::uuid AND g.state = 'pending'
	RETURNING g.id
), ended AS (
	UPDATE guichet.subscription AS s
	   SET state = 'ended', due = now(), reason = 'refused'
	  FROM refused AS r
	 WHERE s.grant_id = r.id
), line AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $1::uuid, $2::bigint, $3::bytea, $4::bytea, $5::bytea, $6::uuid,
	       $7::uuid, $8::text
	  FROM refused
)
SELECT id FROM refused;
-- SPDX-License-Identifier: Apache-2.0
