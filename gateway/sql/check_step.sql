-- $1 id, $2 lines read so far
UPDATE guichet.journal_check SET done = $2 WHERE id = $1 AND ended IS NULL;
-- SPDX-License-Identifier: Apache-2.0
