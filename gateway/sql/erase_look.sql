-- $1 customer -> id, held, live (grants), sides: what an erasure would meet. Locks
-- the person for the rest of the transaction.
SELECT s.id, guichet.held(s.id) AS held,
       (SELECT count(*) FROM guichet.grants AS g WHERE g.subject_id = s.id
	   AND g.state IN ('pending', 'active', 'paused')
	   AND g.expires > now()) AS live,
       (SELECT count(*) FROM guichet.journal_line AS l
	 WHERE l.subject_id = s.id) AS sides
  FROM guichet.subject AS s
 WHERE s.customer = $1
   FOR UPDATE OF s;
-- SPDX-License-Identifier: Apache-2.0
