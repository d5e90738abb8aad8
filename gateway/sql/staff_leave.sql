-- $1 session hash, $2-$9 journal line. Ends the session, once.
WITH ended AS (
	DELETE FROM guichet.staff_session WHERE hash = $1::bytea
	RETURNING hash
)
INSERT INTO guichet.journal_line
       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
SELECT $2::uuid, $3::smallint, $4::bytea, $5::bytea, $6::bytea,
       $7::uuid, $8::uuid, $9::text
  FROM ended;
-- SPDX-License-Identifier: Apache-2.0
