-- Who holds leases on this host? $1 prefix of owners of this host -> owner
SELECT DISTINCT owner
  FROM guichet.subscription
 WHERE lease_until IS NOT NULL AND starts_with(owner, $1::text);
-- SPDX-License-Identifier: Apache-2.0
