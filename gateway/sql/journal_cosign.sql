-- A witness's line under a published checkpoint, once.
-- $1 log, $2 size, $3 the line
UPDATE guichet.journal_note
   SET note = note || $3
 WHERE log = $1::smallint AND size = $2::bigint
   AND position($3 IN note) = 0 AND length(note) + length($3) < 60000;
-- SPDX-License-Identifier: Apache-2.0
