-- A walk went on: what part it found, and where it stands.
-- $1 id, $2 owner, $3 seconds of lease (0: it is given back), $4 the ask at hand,
-- $5 its horizon us (0: it has not begun), $6 where it goes on (NULL: from the
-- first record), $7 state, $8 reason; the part: $9 records (-1: none was found),
-- $10 bytes, $11 its ask, $12 its horizon, $13 after, $14 next
-- -> id; none: it is no longer ours, or gone
WITH stepped AS (
	UPDATE guichet.export AS e
	   SET at = $4::bigint, horizon = NULLIF($5::bigint, 0), cursor = $6::text,
	       state = $7::text, reason = $8::text,
	       parts = e.parts + CASE WHEN $9::bigint >= 0 THEN 1 ELSE 0 END,
	       owner = CASE WHEN $3::bigint > 0 THEN e.owner END,
	       lease_until = CASE WHEN $3::bigint > 0
			     THEN now() + $3::bigint * interval '1 second' END
	 WHERE e.id = $1::uuid AND e.owner = $2::text
	RETURNING e.id, e.parts
), put AS (
	INSERT INTO guichet.export_part (export_id, n, ask, horizon, after, next,
	       records, bytes)
	SELECT id, parts, $11::bigint, $12::bigint, $13::text, $14::text,
	       $9::bigint, $10::bigint
	  FROM stepped
	 WHERE $9::bigint >= 0
)
SELECT id FROM stepped;
-- SPDX-License-Identifier: Apache-2.0
