-- $1 id or NULL (all that wait), $2 seconds they must have waited, $3 must another
-- person confirm?, $4 who confirms -> id, what, log, past, hold, reason, asked,
-- same (asked by whoever confirms now), early (seconds to wait yet)
SELECT f.id, f.what, f.log, f.past, f.hold, f.reason, f.asked,
       $3::boolean AND f.asked_by = $4::text AS same,
       greatest(0, ceil(extract(epoch FROM f.asked
	   + $2::bigint * interval '1 second' - now())))::bigint AS early
  FROM guichet.forgetting AS f
 WHERE f.done IS NULL AND ($1::uuid IS NULL OR f.id = $1::uuid)
 ORDER BY f.asked, f.id
 LIMIT 1000;
-- SPDX-License-Identifier: Apache-2.0
