-- -> id, log, size, note: the next verification to be made; one a day comes by
-- itself. One that a process left behind is taken up again, from the beginning.
WITH daily AS (
	INSERT INTO guichet.journal_check (log)
	SELECT l FROM generate_series(0, 1) AS l
	 WHERE NOT EXISTS (SELECT FROM guichet.journal_check AS k
			    WHERE k.log = l AND (k.ended IS NULL
			       OR k.asked > now() - interval '1 day'))
	RETURNING id
), next AS (
	SELECT k.id, k.log, n.size, n.note
	  FROM guichet.journal_check AS k
	 CROSS JOIN LATERAL (SELECT size, note FROM guichet.journal_note AS n
			      WHERE n.log = k.log ORDER BY size DESC LIMIT 1) AS n
	 WHERE k.ended IS NULL
	 ORDER BY k.id
	 LIMIT 1
)
UPDATE guichet.journal_check AS k
   SET begun = now(), done = 0, size = next.size
  FROM next
 WHERE k.id = next.id
RETURNING k.id, k.log, next.size, next.note;
-- SPDX-License-Identifier: Apache-2.0
