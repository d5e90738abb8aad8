-- That worker is dead: its leases end now, as if they had run out.
-- $1 owner
UPDATE guichet.subscription
   SET lease_until = now() - interval '1 ms'
 WHERE owner = $1::text AND lease_until > now();
-- SPDX-License-Identifier: Apache-2.0
