-- $1 client -> id, kind, name, uri, contact, purpose_en, purpose_fr, jwks,
-- redirect_uris, auth_method, binding, datasets, state, jwks_uri,
-- jwks_tried.
SELECT id, kind, name, uri, contact, purpose ->> 'en' AS purpose_en,
       purpose ->> 'fr' AS purpose_fr, jwks, redirect_uris, auth_method,
       binding, datasets, state, jwks_uri, jwks_tried
  FROM guichet.client
 WHERE id = $1;
-- SPDX-License-Identifier: Apache-2.0
