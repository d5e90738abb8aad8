-- -> version: of the newest migration applied, 0 when none; only if the table
-- exists (migration_exists)
SELECT coalesce(max(version), 0) AS version
  FROM guichet.migration
-- SPDX-License-Identifier: Apache-2.0
