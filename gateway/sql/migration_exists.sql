-- -> found: was this database ever migrated?
SELECT to_regclass('guichet.migration') IS NOT NULL AS found
-- SPDX-License-Identifier: Apache-2.0
