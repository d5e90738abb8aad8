-- $1 version, $2 name, $3 checksum
INSERT INTO guichet.migration (version, name, checksum)
VALUES ($1, $2, $3)
-- SPDX-License-Identifier: Apache-2.0
