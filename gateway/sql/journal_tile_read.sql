-- Some hashes of a tile, from its left.
-- $1 log, $2 level, $3 tile, $4 hashes wanted -> hashes (NULL or short: not there)
SELECT (SELECT substring(hashes FOR $4::int * 32)
	  FROM guichet.journal_tile
	 WHERE log = $1::smallint AND level = $2::smallint AND n = $3::bigint
       ) AS hashes;
-- SPDX-License-Identifier: Apache-2.0
