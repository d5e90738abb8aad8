-- A tile as it may be shown: never beyond the last signed checkpoint.
-- $1 log, $2 level, $3 tile, $4 hashes -> hashes (NULL or short: not there)
SELECT coalesce((
	SELECT substring(t.hashes FOR $4::int * 32)
	  FROM guichet.journal_tile AS t
	 WHERE t.log = $1::smallint AND t.level = $2::smallint
	   AND t.n = $3::bigint
), (
	SELECT string_agg(l.hash, '' ORDER BY l.seq)
	  FROM guichet.journal_line AS l
	 WHERE $2::smallint = 0 AND l.log = $1::smallint
	   AND l.seq >= $3::bigint * 256 AND l.seq < $3::bigint * 256 + $4::int
)) AS hashes
 WHERE $3::bigint * 256 + $4::int <= (
	SELECT max(size) FROM guichet.journal_note WHERE log = $1::smallint
 ) >> (8 * $2::int);
-- SPDX-License-Identifier: Apache-2.0
