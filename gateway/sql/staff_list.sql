-- -> id, issuer, subject, name, roles, disabled, sessions: everybody, by name.
SELECT s.id, s.issuer, s.subject, s.name, s.roles,
       s.disabled IS NOT NULL AS disabled,
       (SELECT count(*) FROM guichet.staff_session AS e
         WHERE e.staff_id = s.id AND e.expires > now()) AS sessions
  FROM guichet.staff AS s
 ORDER BY s.name, s.id;
-- SPDX-License-Identifier: Apache-2.0
