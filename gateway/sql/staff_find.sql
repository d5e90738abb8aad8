-- $1 issuer, $2 subject -> id, name, roles, password_hash (NULL unless demo),
-- disabled: who this is, if she came before.
SELECT id, name, roles, password_hash, disabled IS NOT NULL AS disabled
  FROM guichet.staff
 WHERE issuer = $1 AND subject = $2;
-- SPDX-License-Identifier: Apache-2.0
