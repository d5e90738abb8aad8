-- $1 log, $2 first, $3 lines at most -> seq, leaf (NULL: purged), hash
SELECT seq, leaf, hash
  FROM guichet.journal_line
 WHERE log = $1::smallint AND seq >= $2::bigint
   AND seq < $2::bigint + $3::bigint
 ORDER BY seq;
-- SPDX-License-Identifier: Apache-2.0
