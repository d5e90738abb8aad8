-- Some hashes of a tile, from its left; the unfinished one of level 0 is read
-- from the lines.
-- $1 log, $2 level, $3 tile, $4 hashes wanted -> hashes (NULL or short: not there)
SELECT coalesce((
	SELECT substring(hashes FOR $4::int * 32)
	  FROM guichet.journal_tile
	 WHERE log = $1::smallint AND level = $2::smallint AND n = $3::bigint
), (
	SELECT string_agg(hash, '' ORDER BY seq)
	  FROM guichet.journal_line
	 WHERE $2::smallint = 0 AND log = $1::smallint
	   AND seq >= $3::bigint * 256 AND seq < $3::bigint * 256 + $4::int
)) AS hashes;
-- SPDX-License-Identifier: Apache-2.0
