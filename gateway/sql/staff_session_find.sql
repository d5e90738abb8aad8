-- $1 session hash -> id, name, roles, begun, expires. Roles are those of now:
-- one taken away is gone at the next page.
SELECT s.id, s.name, s.roles, e.begun, e.expires
  FROM guichet.staff_session AS e
  JOIN guichet.staff AS s ON s.id = e.staff_id
 WHERE e.hash = $1
   AND e.expires > now()
   AND s.disabled IS NULL;
-- SPDX-License-Identifier: Apache-2.0
