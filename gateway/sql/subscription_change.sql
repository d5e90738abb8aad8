-- An operator starts a subscription again, or lets it rest; the line says so.
-- $1..$8 the line, $9 id, $10 states it may be in text[], $11 its state then,
-- $12 reason -> id; none: it was in another state, or its grant has ended
WITH changed AS (
	UPDATE guichet.subscription AS s
	   SET state = $11::text, reason = $12::text, attempts = 0, crashes = 0,
	       changed = s.changed + 1,
	       due = CASE WHEN $11::text = 'active' THEN now() END
	  FROM guichet.grants AS g
	 WHERE s.id = $9::uuid AND s.state = ANY ($10::text[])
	   AND g.id = s.grant_id AND g.state IN ('active', 'paused')
	RETURNING s.id
), line AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $1::uuid, $2::bigint, $3::bytea, $4::bytea, $5::bytea, $6::uuid,
	       $7::uuid, $8::text
	  FROM changed
)
SELECT id FROM changed;
-- SPDX-License-Identifier: Apache-2.0
