-- -> id, kind, name of the personal clouds we deliver to.
SELECT id, kind, name
  FROM guichet.client
 WHERE kind <> 'oauth' AND state = 'admitted'
 ORDER BY name, id
 LIMIT 8;
-- SPDX-License-Identifier: Apache-2.0
