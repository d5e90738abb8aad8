-- -> id, kind, name, uri, contact, purpose_en, purpose_fr, auth_method, binding,
-- datasets, redirect_uris, state, state_reason, reviewed_by, created, signals_url,
-- grants (live ones). Who waits for somebody comes first.
SELECT c.id, c.kind, c.name, c.uri, c.contact, c.purpose ->> 'en' AS purpose_en,
       c.purpose ->> 'fr' AS purpose_fr, c.auth_method, c.binding,
       c.datasets, c.redirect_uris, c.state, c.state_reason, c.reviewed_by,
       c.created, c.signals_url,
       (SELECT count(*) FROM guichet.grants AS g
	 WHERE g.client_id = c.id AND g.state = 'active'
	   AND g.expires > now()) AS grants
  FROM guichet.client AS c
 ORDER BY c.state NOT IN ('requested', 'reviewed'), c.created, c.id;
-- SPDX-License-Identifier: Apache-2.0
