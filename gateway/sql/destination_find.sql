-- $1 grant -> where it goes and on whose behalf
SELECT g.id AS grant_id, g.state AS grant_state, g.opened, g.client_id, g.details,
       g.datasets, d.kind, d.address, d.host, d.state AS place, d.sealed,
       d.departed IS NOT NULL AS departed,
       u.id AS subject_id, u.key AS subject_key, u.customer
  FROM guichet.grants AS g
  JOIN guichet.destination AS d ON d.grant_id = g.id
  JOIN guichet.subject AS u ON u.id = g.subject_id
 WHERE g.id = $1::uuid;
-- SPDX-License-Identifier: Apache-2.0
