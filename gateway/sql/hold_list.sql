-- -> id, set_at, all_of_them, released, reason of every legal hold, newest first
SELECT id, set_at, subject_id IS NULL AS all_of_them,
       released IS NOT NULL AS released, reason
  FROM guichet.legal_hold
 ORDER BY set_at DESC, id
 LIMIT 1000;
-- SPDX-License-Identifier: Apache-2.0
