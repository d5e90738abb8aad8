-- A tile as it may be shown: never beyond the last signed checkpoint.
-- $1 log, $2 level, $3 tile, $4 hashes -> hashes (short: not there), or no row
SELECT substring(hashes FOR $4::int * 32) AS hashes
  FROM guichet.journal_tile
 WHERE log = $1::smallint AND level = $2::smallint AND n = $3::bigint
   AND $3::bigint * 256 + $4::int <= (
	SELECT max(size) FROM guichet.journal_note WHERE log = $1::smallint
       ) >> (8 * $2::int);
-- SPDX-License-Identifier: Apache-2.0
