-- $1 client -> its endpoint, and what kind of client it is
SELECT e.url, e.host, e.link, e.payload, e.sealed, e.state, e.reason, c.kind,
       c.name
  FROM guichet.endpoint AS e
  JOIN guichet.client AS c ON c.id = e.client_id
 WHERE e.client_id = $1::text;
-- SPDX-License-Identifier: Apache-2.0
