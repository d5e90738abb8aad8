-- $1 id -> log, seq of a line
SELECT log, seq FROM guichet.journal_line WHERE id = $1::uuid;
-- SPDX-License-Identifier: Apache-2.0
