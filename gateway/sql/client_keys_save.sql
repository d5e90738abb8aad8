-- $1 client, $2 its keys as its jwks_uri gave them, NULL = it gave none ->
-- (writes). A trigger tells every worker; those before stay when it gave none.
UPDATE guichet.client
   SET jwks = coalesce($2::text::jsonb, jwks), jwks_tried = now()
 WHERE id = $1::text;
-- SPDX-License-Identifier: Apache-2.0
