-- Wakes the subscriptions of those whose records changed, tells the feed (news),
-- and moves the mark:
-- both or neither. The mark must be where the question began, so that of two
-- watchers one only counts. A subscription that waits before its next try
-- keeps that time.
-- $1 source, $2 data set, $3 since, $4 until, $5 customers text[]
-- -> moved (0 or 1), woken
WITH moved AS (
	UPDATE guichet.watch_mark
	   SET mark = $4::timestamptz
	 WHERE source = $1::text AND dataset = $2::text
	   AND mark = $3::timestamptz
	RETURNING 1
), woken AS (
	UPDATE guichet.subscription AS s
	   SET changed = s.changed + 1, due = COALESCE(s.due, now())
	  FROM guichet.grants AS g
	  JOIN guichet.subject AS u ON u.id = g.subject_id
	 WHERE g.id = s.grant_id AND s.dataset = $2::text
	   AND s.state IN ('waiting', 'active')
	   AND g.state IN ('pending', 'active')
	   AND u.customer = ANY ($5::text[])
	   AND EXISTS (SELECT FROM moved)
	RETURNING s.id
), news AS (
	UPDATE guichet.news AS n
	   SET xid = pg_current_xact_id(), at = now()
	  FROM guichet.grants AS g
	  JOIN guichet.subject AS u ON u.id = g.subject_id
	 WHERE n.grant_id = g.id AND n.dataset = $2::text
	   AND u.customer = ANY ($5::text[])
	   AND (SELECT count(*) FROM woken) >= 0	-- those rows first, always
	   AND EXISTS (SELECT FROM moved)
)
SELECT (SELECT count(*) FROM moved) AS moved,
       (SELECT count(*) FROM woken) AS woken;
-- SPDX-License-Identifier: Apache-2.0
