-- Begins comparisons that are due, a few at a time over all hosts.
-- $1 data set, $2 days between two, $3 under way at most -> begun
WITH due AS (
	SELECT s.id
	  FROM guichet.subscription AS s
	 WHERE s.dataset = $1::text AND s.state = 'active' AND s.walk IS NULL
	   AND s.walked < now() - $2::bigint * interval '1 day'
	 ORDER BY s.walked
	 LIMIT greatest(0, $3::bigint - (
		SELECT count(*) FROM guichet.subscription AS w
		 WHERE w.dataset = $1::text AND w.state = 'active'
		   AND w.walk IS NOT NULL))
	   FOR UPDATE SKIP LOCKED
), begun AS (
	UPDATE guichet.subscription AS s
	   SET walk = '', walk_round = s.walk_round + 1, changed = s.changed + 1,
	       due = COALESCE(s.due, now())
	  FROM due AS d
	 WHERE s.id = d.id
	RETURNING s.id
)
SELECT count(*) AS begun FROM begun;
-- SPDX-License-Identifier: Apache-2.0
