-- SPDX-License-Identifier: Apache-2.0
-- $1 state, or NULL for all; $2 id, or NULL -> id, grant_id, client_id, dataset,
-- code, state, created, sealed, answer; oldest first
SELECT id, grant_id, client_id, dataset, code, state, created, sealed, answer
  FROM guichet.feedback
 WHERE ($1::text IS NULL OR state = $1::text)
   AND ($2::uuid IS NULL OR id = $2::uuid)
 ORDER BY created
 LIMIT 500;
