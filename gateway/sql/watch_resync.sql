-- A stream begins anew, on another server or behind what was kept for us: what it
-- did not tell is looked for. Everybody of this data set is read again from where
-- each stands, and compared with the source, a few at a time (watch_compare.sql).
-- What is written from this place on is streamed.
-- $1 source, $2 data set, $3 origin of the stream, $4 place in it -> woken
WITH moved AS (
	UPDATE guichet.watch_mark
	   SET origin = $3::text, place = $4::bigint, place_n = 0,
	       mark = greatest(mark, clock_timestamp())
	 WHERE source = $1::text AND dataset = $2::text
	RETURNING 1
), woken AS (
	UPDATE guichet.subscription AS s
	   SET changed = s.changed + 1, due = COALESCE(s.due, now()),
	       walked = '-infinity'
	 WHERE s.dataset = $2::text AND s.state IN ('waiting', 'active')
	   AND EXISTS (SELECT FROM moved)
	RETURNING s.id
), news AS (
	UPDATE guichet.news AS n
	   SET xid = pg_current_xact_id(), at = now()
	 WHERE n.dataset = $2::text
	   AND (SELECT count(*) FROM woken) >= 0	-- those rows first, always
	   AND EXISTS (SELECT FROM moved)
)
SELECT (SELECT count(*) FROM woken) AS woken;
-- SPDX-License-Identifier: Apache-2.0
