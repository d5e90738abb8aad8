-- Watching by triggers and by replication; removals and corrections.

-- Where the watch stands in a source's change table: (xid, n). By time, it is
-- the mark alone.
ALTER TABLE guichet.watch_mark
	ADD COLUMN place	bigint NOT NULL DEFAULT 0,
	ADD COLUMN place_n	bigint NOT NULL DEFAULT 0;
-- SPDX-License-Identifier: Apache-2.0
