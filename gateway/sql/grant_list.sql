-- $1 client or NULL, $2 state or NULL, $3 at most -> the columns of
-- grant_find, newest first.
SELECT g.id, g.client_id AS client, c.name, c.kind, c.uri, c.contact, g.subject_id AS subject,
       s.key, g.pairwise, g.datasets, g.details, g.purpose, g.language,
       g.notice_sha256 AS notice, g.state, g.ended_by, g.created, g.expires,
       g.ended
  FROM guichet.grants AS g
  JOIN guichet.client AS c ON c.id = g.client_id
  JOIN guichet.subject AS s ON s.id = g.subject_id
 WHERE ($1::text IS NULL OR g.client_id = $1)
   AND ($2::text IS NULL OR g.state = $2)
 ORDER BY g.created DESC, g.id
 LIMIT $3::bigint;
-- SPDX-License-Identifier: Apache-2.0
