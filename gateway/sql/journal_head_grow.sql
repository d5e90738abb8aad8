-- The fence: nothing is changed when another leader began since.
-- $1 log, $2 epoch, $3 old size, $4 new size, $5 frontier
UPDATE guichet.journal_head
   SET size = $4::bigint, frontier = $5::bytea
 WHERE log = $1::smallint AND epoch = $2::bigint AND size = $3::bigint;
-- SPDX-License-Identifier: Apache-2.0
