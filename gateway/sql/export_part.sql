-- Where a part begins. $1 export, $2 part, $3 grant -> ask (JSON), horizon us,
-- after (NULL: the first record)
SELECT e.asks->p.ask AS ask, p.horizon, p.after
  FROM guichet.export AS e
  JOIN guichet.export_part AS p ON p.export_id = e.id
 WHERE e.id = $1::uuid AND p.n = $2::bigint AND e.grant_id = $3::uuid
   AND e.expires > now();
-- SPDX-License-Identifier: Apache-2.0
