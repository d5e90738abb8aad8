-- Consents that end within $1 days, and were given for longer than twice that:
-- their customers are to be told, once for each end. A hundred at once.
-- -> grant
WITH ending AS (
	SELECT id, subject_id, expires FROM guichet.grants
	 WHERE state IN ('active', 'paused')
	   AND expires > now()
	   AND expires < now() + $1::bigint * interval '1 day'
	   AND expires > created + $1::bigint * interval '2 days'
	   AND reminded IS DISTINCT FROM expires
	 ORDER BY expires
	 LIMIT 100
	   FOR UPDATE SKIP LOCKED
), marked AS (
	UPDATE guichet.grants AS g SET reminded = g.expires
	  FROM ending AS e WHERE g.id = e.id
)
INSERT INTO guichet.letter (grant_id, subject_id, kind, ends)
SELECT id, subject_id, 'reminder', expires FROM ending
RETURNING grant_id AS grant;
-- SPDX-License-Identifier: Apache-2.0
