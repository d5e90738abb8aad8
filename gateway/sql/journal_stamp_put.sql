-- $1 log, $2 size, $3 the note that was stamped, $4 the authority's reply, $5 its
-- time
INSERT INTO guichet.journal_stamp (log, size, note, reply, at)
SELECT $1::smallint, $2::bigint, $3::text, $4::bytea, $5::timestamptz
    ON CONFLICT DO NOTHING;
-- SPDX-License-Identifier: Apache-2.0
