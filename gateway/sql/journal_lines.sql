-- $1 log, $2 first, $3 lines at most -> seq, there (false: the line itself is
-- gone), leaf (NULL: purged), hash
SELECT seq, there, leaf, hash
  FROM guichet.journal_entries($1::int, $2::bigint, $2::bigint + $3::bigint);
-- SPDX-License-Identifier: Apache-2.0
