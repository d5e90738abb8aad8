-- Wakes the subscriptions of those whose records changed, tells the feed (news),
-- and moves the place in the change table or the stream: all or nothing (as
-- watch_wake.sql, which moves the mark).
-- What wakes them has committed: whoever reads from now on sees it.
-- $1 source, $2 data set, $3 $4 place, $5 $6 next place, $7 customers text[],
-- $8 everybody, $9 and compare what they hold with the source
-- -> moved (0 or 1), woken
WITH moved AS (
	UPDATE guichet.watch_mark
	   SET place = $5::bigint, place_n = $6::bigint,
	       mark = greatest(mark, clock_timestamp())
	 WHERE source = $1::text AND dataset = $2::text
	   AND place = $3::bigint AND place_n = $4::bigint
	RETURNING 1
), theirs AS (
	SELECT g.id AS grant_id
	  FROM guichet.subject AS u
	  JOIN guichet.grants AS g ON g.subject_id = u.id
	 WHERE u.customer = ANY ($7::text[])
	   AND g.state IN ('pending', 'active')
), woken AS (
	UPDATE guichet.subscription AS s
	   SET changed = s.changed + 1, due = COALESCE(s.due, now()),
	       walked = CASE WHEN $9::boolean THEN '-infinity' ELSE walked END
	 WHERE s.dataset = $2::text AND s.state IN ('waiting', 'active')
	   AND ($8::boolean OR s.grant_id IN (SELECT grant_id FROM theirs))
	   AND EXISTS (SELECT FROM moved)
	RETURNING s.id
), news AS (
	UPDATE guichet.news AS n
	   SET xid = pg_current_xact_id(), at = now()
	 WHERE n.dataset = $2::text
	   AND ($8::boolean OR n.grant_id IN (SELECT grant_id FROM theirs))
	   AND (SELECT count(*) FROM woken) >= 0	-- those rows first, always
	   AND EXISTS (SELECT FROM moved)
)
SELECT (SELECT count(*) FROM moved) AS moved,
       (SELECT count(*) FROM woken) AS woken;
-- SPDX-License-Identifier: Apache-2.0
