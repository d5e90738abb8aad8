-- $1 log, $2 size, $3 note
INSERT INTO guichet.journal_note (log, size, note)
VALUES ($1::smallint, $2::bigint, $3)
    ON CONFLICT (log, size) DO NOTHING;
-- SPDX-License-Identifier: Apache-2.0
