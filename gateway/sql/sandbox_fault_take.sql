-- Does this call go wrong? $1 grant -> kind, ms; none: no
UPDATE guichet.sandbox_fault
   SET calls = calls - 1
 WHERE grant_id = $1::uuid AND calls > 0
RETURNING kind, ms::bigint AS ms;
-- SPDX-License-Identifier: Apache-2.0
