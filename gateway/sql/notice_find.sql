-- $1 SHA-256 of a notice -> language, text
SELECT language, text
  FROM guichet.notice
 WHERE sha256 = $1;
-- SPDX-License-Identifier: Apache-2.0
