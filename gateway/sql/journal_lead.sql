-- The leader begins: the fence is raised, so that one who believes to be the
-- leader still can commit nothing more.
-- $1 log, $2 origin -> origin, epoch, size, frontier
INSERT INTO guichet.journal_head AS h (log, origin, epoch)
VALUES ($1::smallint, $2, 1)
    ON CONFLICT (log) DO UPDATE
   SET epoch = h.epoch + 1,
       origin = CASE WHEN h.size = 0 THEN EXCLUDED.origin ELSE h.origin END
RETURNING origin, epoch, size, frontier;
-- SPDX-License-Identifier: Apache-2.0
