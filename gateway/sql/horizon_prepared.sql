-- -> xids: the prepared transactions of this database, oldest first
SELECT coalesce(array_agg(p.transaction::text ORDER BY p.prepared), '{}') AS xids
  FROM pg_prepared_xacts AS p
 WHERE p.database = current_database();
-- SPDX-License-Identifier: Apache-2.0
