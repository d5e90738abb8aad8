-- -> id, kind, name, uri, contact, auth_method, binding, datasets,
-- redirect_uris, state, state_reason, created, grants (live ones).
SELECT c.id, c.kind, c.name, c.uri, c.contact, c.auth_method, c.binding,
       c.datasets, c.redirect_uris, c.state, c.state_reason, c.created,
       (SELECT count(*) FROM guichet.grants AS g
	 WHERE g.client_id = c.id AND g.state = 'active'
	   AND g.expires > now()) AS grants
  FROM guichet.client AS c
 ORDER BY c.created, c.id;
-- SPDX-License-Identifier: Apache-2.0
