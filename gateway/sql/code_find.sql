-- $1 code hash -> what was kept with it (code_client, redirect_uri, challenge,
-- jkt, spent_us: how long ago, -1 = not; life_us: how long it still lives) and
-- its grant in the columns of grant_find.
SELECT o.client_id AS code_client, o.redirect_uri, o.challenge,
       o.dpop_jkt AS jkt,
       coalesce((extract(epoch FROM now() - o.spent) * 1e6)::bigint, -1)
	AS spent_us,
       (extract(epoch FROM o.expires - now()) * 1e6)::bigint AS life_us,
       g.id, g.client_id AS client, c.name, c.kind, c.uri, c.contact,
       g.subject_id AS subject,
       s.key, g.pairwise, g.datasets, g.details, g.purpose, g.language,
       g.notice_sha256 AS notice, g.state, g.ended_by, g.created, g.expires,
       g.ended
  FROM guichet.code AS o
  JOIN guichet.grants AS g ON g.id = o.grant_id
  JOIN guichet.client AS c ON c.id = g.client_id
  JOIN guichet.subject AS s ON s.id = g.subject_id
 WHERE o.hash = $1
   AND o.expires > now() - interval '1 hour'
   AND o.expires < now() + interval '1 hour';
-- SPDX-License-Identifier: Apache-2.0
