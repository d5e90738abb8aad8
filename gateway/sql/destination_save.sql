-- Renewed keys of a destination; never those of one we have left.
-- $1 grant, $2 state, $3 sealed
UPDATE guichet.destination
   SET state = $2::text::jsonb, sealed = $3::text, changed = now()
 WHERE grant_id = $1::uuid AND departed IS NULL;
-- SPDX-License-Identifier: Apache-2.0
