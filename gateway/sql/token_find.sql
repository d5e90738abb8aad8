-- $1 token hash -> grant, client, binding, thumbprint, expires, datasets,
-- details, grant_expires, state, subject, key, customer: of a grant that has
-- not ended, of an admitted client. The bounds on expires choose the partitions.
SELECT t.grant_id AS grant, t.client_id AS client, t.binding, t.thumbprint,
       t.expires, coalesce(t.datasets, g.datasets) AS datasets, g.details,
       g.expires AS grant_expires, g.state,
       s.id AS subject, s.key, s.customer
  FROM guichet.access_token AS t
  JOIN guichet.grants AS g ON g.id = t.grant_id
  JOIN guichet.subject AS s ON s.id = g.subject_id
  JOIN guichet.client AS c ON c.id = t.client_id
 WHERE t.hash = $1
   AND t.expires > now()
   AND t.expires < now() + interval '2 hours'
   AND g.state IN ('active', 'paused', 'pending')
   AND g.expires > now()
   AND c.state = 'admitted';
-- SPDX-License-Identifier: Apache-2.0
