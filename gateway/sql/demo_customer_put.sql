-- $1 login, $2 password hash, $3 customer, $4 name, $5 story
INSERT INTO guichet.demo_customer (login, password_hash, customer, name, story)
VALUES ($1, $2, $3, $4, $5::jsonb)
ON CONFLICT (login) DO UPDATE
   SET password_hash = excluded.password_hash, customer = excluded.customer,
       name = excluded.name, story = excluded.story;
-- SPDX-License-Identifier: Apache-2.0
