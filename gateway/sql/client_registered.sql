-- $1 id, $2 hash of its registration token (NULL = an operator asks) -> what it
-- said of itself, and state, created.
SELECT id, name, uri, contact, purpose ->> 'en' AS purpose_en,
       purpose ->> 'fr' AS purpose_fr, jwks::text, redirect_uris, auth_method,
       binding, datasets, jwks_uri, software_id, state, created
  FROM guichet.client
 WHERE id = $1::text AND kind = 'oauth'
   AND ($2::bytea IS NULL OR registration_hash = $2::bytea);
-- SPDX-License-Identifier: Apache-2.0
