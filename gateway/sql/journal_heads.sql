-- -> log, epoch, size of every ordered log
SELECT log, epoch, size FROM guichet.journal_head ORDER BY log;
-- SPDX-License-Identifier: Apache-2.0
