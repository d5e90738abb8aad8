-- $1 grant -> the columns that grant_read (consent/grant.c) reads.
SELECT g.id, g.client_id AS client, c.name, c.kind, c.uri, c.contact, g.subject_id AS subject,
       s.key, g.pairwise, g.datasets, g.details, g.purpose, g.language,
       g.notice_sha256 AS notice, g.state, g.ended_by, g.created, g.expires,
       g.ended, g.changed
  FROM guichet.grants AS g
  JOIN guichet.client AS c ON c.id = g.client_id
  JOIN guichet.subject AS s ON s.id = g.subject_id
 WHERE g.id = $1;
-- SPDX-License-Identifier: Apache-2.0
