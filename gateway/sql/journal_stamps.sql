-- $1 log, $2 size at most -> size, note, reply: every time-stamp of that log
SELECT size, note, reply
  FROM guichet.journal_stamp
 WHERE log = $1::smallint AND size <= $2::bigint
 ORDER BY size;
-- SPDX-License-Identifier: Apache-2.0
