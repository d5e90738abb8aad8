-- Sealed by a newer key: the same secrets, so no line.
-- $1 client, $2 as it was, $3 as it is -> client_id
UPDATE guichet.endpoint
   SET sealed = $3::text
 WHERE client_id = $1::text AND sealed = $2::text
RETURNING client_id;
-- SPDX-License-Identifier: Apache-2.0
