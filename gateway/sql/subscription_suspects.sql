-- -> suspects: leases that ran out
SELECT count(*) AS suspects
  FROM guichet.subscription
 WHERE lease_until < now();
-- SPDX-License-Identifier: Apache-2.0
