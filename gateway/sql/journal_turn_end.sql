-- $1 what this turn saw
UPDATE guichet.journal_turn SET seen = $1::text::pg_snapshot;
-- SPDX-License-Identifier: Apache-2.0
