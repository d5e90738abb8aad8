-- $1 hash, $2 label, $3 uses, $4 admit without a review, $5 days -> expires.
INSERT INTO guichet.invitation (hash, label, uses, admit, expires)
VALUES ($1::bytea, $2::text, $3::bigint::int, $4::boolean,
        now() + $5::bigint * interval '1 day')
RETURNING expires;
-- SPDX-License-Identifier: Apache-2.0
