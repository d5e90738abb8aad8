-- $1 hash of an access or refresh token -> token (access, refresh),
-- token_client, binding, thumbprint, token_expires, narrowed (its own data
-- sets, or none), acr and auth_time of the sign-in it was given under, and its grant in the columns of grant_find.
WITH found AS (
	SELECT 'access' AS token, client_id, grant_id, binding, thumbprint,
	       expires, datasets
	  FROM guichet.access_token
	 WHERE hash = $1
	   AND expires > now()
	   AND expires < now() + interval '2 hours'
	 UNION ALL
	SELECT 'refresh', client_id, id, NULL, NULL, expires, NULL
	  FROM guichet.grants
	 WHERE refresh_hash = $1
)
SELECT f.token, f.client_id AS token_client, f.binding, f.thumbprint,
       f.expires AS token_expires, f.datasets AS narrowed,
       g.acr, g.auth_time,
       g.id, g.client_id AS client, c.name, c.kind, c.uri, c.contact,
       g.subject_id AS subject,
       s.key, g.pairwise, g.datasets, g.details, g.purpose, g.language,
       g.notice_sha256 AS notice, g.state, g.ended_by, g.created, g.expires,
       g.ended
  FROM found AS f
  JOIN guichet.grants AS g ON g.id = f.grant_id
  JOIN guichet.client AS c ON c.id = g.client_id
  JOIN guichet.subject AS s ON s.id = g.subject_id;
-- SPDX-License-Identifier: Apache-2.0
