-- -> a hundred grants that are to end, in the columns of grant_find; gone: not
-- because their time has come, but because the recipient has left (RFC 7592 2.3);
-- lapsed: not all who hold with her have answered in time.
WITH due AS (
	(SELECT id, false AS gone, false AS lapsed
	   FROM guichet.grants
	  WHERE expires <= now() AND state IN ('active', 'pending', 'paused')
	  ORDER BY expires
	  LIMIT 100)
	 UNION ALL
	(SELECT id, false, true
	   FROM guichet.grants
	  WHERE state = 'pending' AND awaits > 0 AND awaits_until <= now()
	    AND expires > now()
	  ORDER BY awaits_until
	  LIMIT 100)
	 UNION ALL
	(SELECT g.id, true, false
	   FROM guichet.client AS c
	   JOIN guichet.grants AS g ON g.client_id = c.id
	  WHERE c.state = 'left' AND g.expires > now()
	    AND g.state IN ('active', 'pending', 'paused')
	  LIMIT 100)
	 LIMIT 100
)
SELECT g.id, g.client_id AS client, c.name, c.kind, c.uri, c.contact,
       g.subject_id AS subject,
       s.key, g.pairwise, g.datasets, g.details, g.purpose, g.language,
       g.notice_sha256 AS notice, g.state, g.ended_by, g.created, g.expires,
       g.ended, d.gone, d.lapsed
  FROM due AS d
  JOIN guichet.grants AS g ON g.id = d.id
  JOIN guichet.client AS c ON c.id = g.client_id
  JOIN guichet.subject AS s ON s.id = g.subject_id;
-- SPDX-License-Identifier: Apache-2.0
