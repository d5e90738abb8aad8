-- $1 login -> customer, name, password_hash. Synthetic people only.
SELECT customer, name, password_hash
  FROM guichet.demo_customer
 WHERE login = $1;
-- SPDX-License-Identifier: Apache-2.0
