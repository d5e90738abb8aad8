-- A line that comes with no other change.
-- $1..$8 as line_params adds them
INSERT INTO guichet.journal_line
       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
VALUES ($1::uuid, $2::smallint, $3::bytea, $4::bytea, $5::bytea, $6::uuid,
       $7::uuid, $8::text);
-- SPDX-License-Identifier: Apache-2.0
