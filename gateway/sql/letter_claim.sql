-- (writes) $1 seconds of the lease, $2 at most -> letters whose time has come:
-- letter, letter_kind, attempts, wanted (false: what it tells is true no more),
-- awaits_until (by when those who hold with her are to answer),
-- customer, and their grant in the columns of grant_find (subject and key: whom
-- the letter is for). Claimed by lease: whoever dies leaves it to the next.
UPDATE guichet.letter AS l
   SET due = now() + $1::bigint * interval '1 s', attempts = l.attempts + 1
  FROM guichet.grants AS g, guichet.client AS c, guichet.subject AS s
 WHERE l.id IN (SELECT id FROM guichet.letter
		 WHERE due <= now()
		 ORDER BY due
		 LIMIT $2::bigint
		   FOR UPDATE SKIP LOCKED)
   AND g.id = l.grant_id AND c.id = g.client_id AND s.id = l.subject_id
RETURNING l.id AS letter, l.kind AS letter_kind, l.attempts, s.customer,
       CASE l.kind
       WHEN 'reminder' THEN g.state IN ('active', 'paused')
		AND g.expires = l.ends
       WHEN 'changed' THEN g.state IN ('active', 'paused')
       WHEN 'stuck' THEN g.state IN ('active', 'paused') AND EXISTS (
		SELECT FROM guichet.subscription AS d
		 WHERE d.grant_id = g.id AND d.state = 'dead')
       WHEN 'shared' THEN g.state IN ('active', 'paused', 'pending')
       WHEN 'asked' THEN g.state = 'pending' AND EXISTS (
		SELECT FROM guichet.coholder AS h
		 WHERE h.grant_id = g.id AND h.subject_id = l.subject_id
		   AND h.answer = 'awaited')
       ELSE true END AS wanted, g.awaits_until,
       g.id, g.client_id AS client, c.name, c.kind, c.uri, c.contact,
       l.subject_id AS subject, s.key, g.pairwise, g.datasets, g.details,
       g.purpose, g.language, g.notice_sha256 AS notice, g.state, g.ended_by,
       g.created, g.expires, g.ended;
-- SPDX-License-Identifier: Apache-2.0
