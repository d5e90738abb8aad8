-- $1 SHA-256 of a notice, $2 its language, $3 its text
INSERT INTO guichet.notice (sha256, language, text)
VALUES ($1::bytea, $2::text, $3::text)
ON CONFLICT DO NOTHING;
-- SPDX-License-Identifier: Apache-2.0
