-- An operator has what a customer was given compared with the source: what
-- differs is sent, what is gone is removed; the line says so. Where nothing is
-- remembered, everything is sent again.
-- $1..$8 the line, $9 id -> id; none: it is not active, or is being compared
WITH changed AS (
	UPDATE guichet.subscription AS s
	   SET walk = '', walk_round = s.walk_round + 1, changed = s.changed + 1,
	       due = COALESCE(s.due, now())
	  FROM guichet.grants AS g
	 WHERE s.id = $9::uuid AND s.state = 'active' AND s.walk IS NULL
	   AND g.id = s.grant_id AND g.state = 'active'
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
