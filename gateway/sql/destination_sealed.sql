-- $1 grant after which to go on, $2 rows at most -> grant_id, sealed of those
-- that hold something sealed, in order.
SELECT grant_id, sealed
  FROM guichet.destination
 WHERE sealed IS NOT NULL AND grant_id > $1::uuid
 ORDER BY grant_id
 LIMIT $2::bigint;
-- SPDX-License-Identifier: Apache-2.0
