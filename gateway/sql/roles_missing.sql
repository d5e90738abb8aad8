-- $1 name of the roles apart -> role: those that are not there
SELECT r.role
  FROM unnest(ARRAY[$1 || '_app', $1 || '_sequencer', $1 || '_auditor',
                    $1 || '_dpo']) AS r (role)
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r.role);
-- SPDX-License-Identifier: Apache-2.0
