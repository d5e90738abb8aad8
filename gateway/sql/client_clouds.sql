-- -> id, kind, name of what we deliver to, how a customer gets one (how_en,
-- how_fr, how_url), whether it has a page of its own to approve on.
SELECT c.id, c.kind, c.name, c.how_to ->> 'en' AS how_en,
       c.how_to ->> 'fr' AS how_fr, c.how_to ->> 'url' AS how_url,
       e.link IS NOT NULL AS linked
  FROM guichet.client AS c
  LEFT JOIN guichet.endpoint AS e ON e.client_id = c.id
 WHERE c.kind <> 'oauth' AND c.state = 'admitted'
   AND (c.kind <> 'webhook' OR e.state = 'open')
 ORDER BY c.name, c.id
 LIMIT 24;
-- SPDX-License-Identifier: Apache-2.0
