-- $1 log -> size, note, signed of the last checkpoint
SELECT size, note, signed
  FROM guichet.journal_note
 WHERE log = $1::smallint
 ORDER BY size DESC
 LIMIT 1;
-- SPDX-License-Identifier: Apache-2.0
