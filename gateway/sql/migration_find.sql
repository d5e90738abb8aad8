-- $1 version -> name, checksum (hex) of an applied migration
SELECT name, encode(checksum, 'hex') AS checksum
  FROM guichet.migration
 WHERE version = $1
-- SPDX-License-Identifier: Apache-2.0
