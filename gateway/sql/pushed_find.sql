-- $1 hash, $2 client -> hash, client, redirect_uri, state, challenge, details,
-- ui_locales, jkt, expires, action, grant (to change), grant_details and
-- grant_expires (as it is now, NULL when it has ended). Looking starts the reading time, and does not use
-- it up. The bounds on expires choose the partitions.
UPDATE guichet.pushed_request
   SET opened = coalesce(opened, now())
 WHERE hash = $1
   AND client_id = $2
   AND expires > now()
   AND expires < now() + interval '1 hour'
   AND NOT used
   AND (opened IS NOT NULL OR due > now())
RETURNING hash, client_id AS client, params ->> 'redirect_uri' AS redirect_uri,
       params ->> 'state' AS state, params ->> 'challenge' AS challenge,
       (params -> 'details')::text AS details,
       params ->> 'ui_locales' AS ui_locales, dpop_jkt AS jkt, expires,
       params ->> 'action' AS action, (params ->> 'grant')::uuid AS grant,
       (SELECT g.details::text FROM guichet.grants AS g
	 WHERE g.id = (params ->> 'grant')::uuid AND g.client_id = $2
	   AND g.state = 'active' AND g.expires > now()) AS grant_details,
       (SELECT g.expires FROM guichet.grants AS g
	 WHERE g.id = (params ->> 'grant')::uuid) AS grant_expires;
-- SPDX-License-Identifier: Apache-2.0
