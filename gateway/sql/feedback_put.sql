-- SPDX-License-Identifier: Apache-2.0
-- A PIMS reports a record; at most a hundred unanswered for one grant.
-- $1 id, $2 grant, $3 client, $4 data set, $5 code, $6 sealed, $7-$14 journal
-- line -> id; none: too many are open
WITH put AS (
	INSERT INTO guichet.feedback (id, grant_id, client_id, dataset, code,
	       sealed)
	SELECT $1::uuid, $2::uuid, $3::text, $4::text, $5::text, $6::text
	 WHERE (SELECT count(*) FROM guichet.feedback
		 WHERE grant_id = $2::uuid AND state = 'open') < 100
	RETURNING id
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $7::uuid, $8::smallint, $9::bytea, $10::bytea, $11::bytea,
	       $12::uuid, $13::uuid, $14::text
	  FROM put
)
SELECT id FROM put;
