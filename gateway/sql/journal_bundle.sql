-- The leaves of an entry bundle, never beyond the last signed checkpoint.
-- $1 log, $2 bundle, $3 leaves -> leaf (NULL: purged), in order
SELECT leaf
  FROM guichet.journal_line
 WHERE log = $1::smallint
   AND seq >= $2::bigint * 256 AND seq < $2::bigint * 256 + $3::int
   AND $2::bigint * 256 + $3::int <= (
	SELECT max(size) FROM guichet.journal_note WHERE log = $1::smallint
       )
 ORDER BY seq;
-- SPDX-License-Identifier: Apache-2.0
