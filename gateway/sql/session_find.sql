-- $1 session hash -> customer, name, subject, key, begun, expires, acr,
-- auth_time. The bounds on expires choose the partitions (a session lasts a day
-- at most).
SELECT u.customer, s.name, u.id AS subject, u.key, s.begun, s.expires, s.acr,
       s.auth_time
  FROM guichet.session AS s
  JOIN guichet.subject AS u ON u.id = s.subject_id
 WHERE s.hash = $1
   AND s.expires > now()
   AND s.expires < now() + interval '25 hours'
   AND NOT s.ended;
-- SPDX-License-Identifier: Apache-2.0
