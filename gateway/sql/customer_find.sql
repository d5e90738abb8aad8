-- $1 login -> customer, name, password_hash, subject, key (NULL before a first
-- sign-in). Synthetic people only.
SELECT d.customer, d.name, d.password_hash, s.id AS subject, s.key
  FROM guichet.demo_customer AS d
  LEFT JOIN guichet.subject AS s USING (customer)
 WHERE d.login = $1;
-- SPDX-License-Identifier: Apache-2.0
