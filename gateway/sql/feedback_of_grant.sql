-- SPDX-License-Identifier: Apache-2.0
-- $1 grant -> id, dataset, code, state, created, answer, answered; newest first
SELECT id, dataset, code, state, created, answer, answered
  FROM guichet.feedback
 WHERE grant_id = $1::uuid
 ORDER BY created DESC
 LIMIT 100;
