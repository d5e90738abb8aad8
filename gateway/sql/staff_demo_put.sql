-- $1 id, $2 login, $3 password hash, $4 name, $5 roles: a synthetic person.
INSERT INTO guichet.staff (id, issuer, subject, name, roles, password_hash)
VALUES ($1, 'demo', $2, $4, $5, $3)
ON CONFLICT (issuer, subject) DO UPDATE
   SET name = excluded.name, roles = excluded.roles,
       password_hash = excluded.password_hash;
-- SPDX-License-Identifier: Apache-2.0
