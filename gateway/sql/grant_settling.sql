-- -> a hundred withdrawn consents under which nothing is under way any more, not
-- told yet, in the columns of grant_find: what was being sent has ended, and our
-- keys are given back.
SELECT g.id, g.client_id AS client, c.name, c.kind, c.uri, c.contact, g.subject_id AS subject,
       s.key, g.pairwise, g.datasets, g.details, g.purpose, g.language,
       g.notice_sha256 AS notice, g.state, g.ended_by, g.created, g.expires,
       g.ended
  FROM guichet.grants AS g
  JOIN guichet.client AS c ON c.id = g.client_id
  JOIN guichet.subject AS s ON s.id = g.subject_id
 WHERE g.state = 'withdrawn' AND g.effective IS NULL
   AND NOT EXISTS (SELECT FROM guichet.subscription AS b
		    WHERE b.grant_id = g.id
		      AND (b.due IS NOT NULL OR b.lease_until IS NOT NULL))
 LIMIT 100;
-- SPDX-License-Identifier: Apache-2.0
