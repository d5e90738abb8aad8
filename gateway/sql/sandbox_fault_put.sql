-- The next calls under a grant go wrong. $1 grant, $2 client, $3 kind, $4 calls
-- (0: none any more), $5 ms, $6-$13 journal line -> grant_id
WITH put AS (
	INSERT INTO guichet.sandbox_fault (grant_id, kind, calls, ms)
	SELECT g.id, $3::text, $4::bigint, $5::bigint
	  FROM guichet.grants AS g
	 WHERE g.id = $1::uuid AND g.client_id = $2::text
	    ON CONFLICT (grant_id) DO UPDATE
	   SET kind = excluded.kind, calls = excluded.calls, ms = excluded.ms
	RETURNING grant_id
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $6::uuid, $7::smallint, $8::bytea, $9::bytea, $10::bytea,
	       $11::uuid, $12::uuid, $13::text
	  FROM put
)
SELECT grant_id FROM put;
-- SPDX-License-Identifier: Apache-2.0
