-- $1 ms between two looks -> a hundred live grants whose customer was not looked
-- at for so long, in the columns of grant_find, customer, and held (others hold
-- it with her). (writes) Looking
-- is marked at once, so that several hosts share the work.
UPDATE guichet.grants AS g
   SET looked = now()
  FROM guichet.client AS c, guichet.subject AS s
 WHERE g.id IN (SELECT id FROM guichet.grants
		 WHERE state IN ('active', 'pending', 'paused')
		   AND expires > now()
		   AND looked < now() - $1::bigint * interval '1 ms'
		 ORDER BY looked
		 LIMIT 100
		   FOR UPDATE SKIP LOCKED)
   AND c.id = g.client_id AND s.id = g.subject_id
RETURNING g.id, g.client_id AS client, c.name, c.kind, c.uri, c.contact,
       g.subject_id AS subject, s.key, g.pairwise, g.datasets, g.details,
       g.purpose, g.language, g.notice_sha256 AS notice, g.state, g.ended_by,
       g.created, g.expires, g.ended, s.customer,
       EXISTS (SELECT FROM guichet.coholder AS h
		WHERE h.grant_id = g.id) AS held;
-- SPDX-License-Identifier: Apache-2.0
