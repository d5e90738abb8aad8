-- $1 logs bigint[], $2 levels bigint[], $3 tiles bigint[], $4 hashes bytea[]
INSERT INTO guichet.journal_tile AS t (log, level, n, hashes)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[])
    ON CONFLICT (log, level, n) DO UPDATE SET hashes = EXCLUDED.hashes
 WHERE length(t.hashes) < length(EXCLUDED.hashes);
-- SPDX-License-Identifier: Apache-2.0
