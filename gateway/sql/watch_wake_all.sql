-- A data set whose adapter cannot tell who changed: everybody's turn.
-- $1 source, $2 data set, $3 since, $4 until -> moved (0 or 1), woken
WITH moved AS (
	UPDATE guichet.watch_mark
	   SET mark = $4::timestamptz
	 WHERE source = $1::text AND dataset = $2::text
	   AND mark = $3::timestamptz
	RETURNING 1
), woken AS (
	UPDATE guichet.subscription AS s
	   SET changed = s.changed + 1, due = COALESCE(s.due, now())
	 WHERE s.dataset = $2::text AND s.state = 'active'
	   AND EXISTS (SELECT FROM moved)
	RETURNING s.id
), news AS (
	UPDATE guichet.news AS n
	   SET xid = pg_current_xact_id(), at = now()
	 WHERE n.dataset = $2::text
	   AND (SELECT count(*) FROM woken) >= 0	-- those rows first, always
	   AND EXISTS (SELECT FROM moved)
)
SELECT (SELECT count(*) FROM moved) AS moved,
       (SELECT count(*) FROM woken) AS woken;
-- SPDX-License-Identifier: Apache-2.0
