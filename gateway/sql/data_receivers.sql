-- SPDX-License-Identifier: Apache-2.0
-- $1 data set -> name of each recipient who receives it now, under at least one
-- live permission. How many people is nobody's business.
SELECT c.name
  FROM guichet.client AS c
 WHERE c.state = 'admitted' AND guichet.counted(c.id, NULL)
   AND EXISTS (SELECT FROM guichet.grants AS g
		WHERE g.client_id = c.id AND $1::text = ANY (g.datasets)
		  AND g.state = 'active' AND g.expires > now())
 ORDER BY c.name
 LIMIT 40;
