-- Sealed by a newer key: the same secrets, so no line; only where they are as
-- they were read.
-- $1 grants uuid[], $2 as they were text[], $3 as they are text[] -> grant_id
UPDATE guichet.destination AS d
   SET sealed = n.sealed
  FROM unnest($1::uuid[], $2::text[], $3::text[]) AS n (id, was, sealed)
 WHERE d.grant_id = n.id AND d.sealed = n.was
RETURNING d.grant_id;
-- SPDX-License-Identifier: Apache-2.0
