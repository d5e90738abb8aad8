-- $1 customer -> subject, key. No row before a first sign-in.
SELECT id AS subject, key
  FROM guichet.subject
 WHERE customer = $1;
-- SPDX-License-Identifier: Apache-2.0
