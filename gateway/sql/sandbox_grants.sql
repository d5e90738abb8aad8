-- The sandbox client that has this registration token, and its grants, newest
-- first. $1 hash -> client, name, and of each grant (NULL: none yet) grant_id,
-- state, expires, datasets, customer, subject, key, login (NULL: not one with a name), fault,
-- calls
SELECT c.id AS client, c.name, g.id AS grant_id, g.state, g.expires, g.datasets,
       s.customer, s.id AS subject, s.key, d.login, f.kind AS fault, f.calls::bigint AS calls
  FROM guichet.client AS c
  LEFT JOIN guichet.grants AS g ON g.client_id = c.id
  LEFT JOIN guichet.subject AS s ON s.id = g.subject_id
  LEFT JOIN guichet.demo_customer AS d ON d.customer = s.customer
  LEFT JOIN guichet.sandbox_fault AS f ON f.grant_id = g.id AND f.calls > 0
 WHERE c.registration_hash = $1::bytea AND c.state = 'admitted'
 ORDER BY g.created DESC, g.id
 LIMIT 100;
-- SPDX-License-Identifier: Apache-2.0
