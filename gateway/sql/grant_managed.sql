-- $1 grant, $2 client -> details, purpose, expires: of a live grant of this
-- client, that it may ask to change.
SELECT details, purpose, expires
  FROM guichet.grants
 WHERE id = $1::uuid
   AND client_id = $2::text
   AND state = 'active'
   AND expires > now();
-- SPDX-License-Identifier: Apache-2.0
