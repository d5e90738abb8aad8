-- The leaves of an entry bundle, never beyond the last signed checkpoint.
-- $1 log, $2 bundle, $3 leaves -> leaf (NULL: purged), in order
SELECT leaf
  FROM guichet.journal_entries($1::int, $2::bigint * 256,
       $2::bigint * 256 + $3::int)
 WHERE $2::bigint * 256 + $3::int <= (
	SELECT max(size) FROM guichet.journal_note WHERE log = $1::smallint
       );
-- SPDX-License-Identifier: Apache-2.0
