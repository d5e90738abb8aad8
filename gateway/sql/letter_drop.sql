-- Letters that nobody will send: older than $1 days. A thousand at once.
DELETE FROM guichet.letter
 WHERE id IN (SELECT id FROM guichet.letter
	       WHERE created < now() - $1::bigint * interval '1 day'
	       ORDER BY created
	       LIMIT 1000
		 FOR UPDATE SKIP LOCKED);
-- SPDX-License-Identifier: Apache-2.0
