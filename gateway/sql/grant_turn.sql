-- A customer pauses, resumes or extends: the grant, its deliveries and the line
-- together. What an operator paused stays so.
-- $1 grant, $2 its subject, $3 act (pause, resume, extend), $4 expires and
-- $5 the same as text (extend), $6-$13 journal line -> grant. No row when it
-- cannot be done any more: it has ended, or is so already.
WITH turned AS (
	UPDATE guichet.grants AS g
	   SET state = CASE $3::text WHEN 'pause' THEN 'paused'
		       WHEN 'resume' THEN 'active' ELSE g.state END,
	       expires = CASE WHEN $3::text = 'extend' THEN $4::timestamptz
			 ELSE g.expires END,
	       details = CASE WHEN $3::text <> 'extend' THEN g.details
			 ELSE (SELECT jsonb_agg(d || jsonb_build_object('until',
				      $5::text) ORDER BY n)
				 FROM jsonb_array_elements(g.details)
				      WITH ORDINALITY AS e (d, n)) END,
	       changed = now()
	 WHERE g.id = $1::uuid AND g.subject_id = $2::uuid
	   AND g.expires > now()
	   AND (($3::text = 'pause' AND g.state = 'active')
	     OR ($3::text = 'resume' AND g.state = 'paused')
	     OR ($3::text = 'extend' AND g.state IN ('active', 'paused')
		 AND $4::timestamptz > g.expires))
	RETURNING g.id
), moved AS (
	UPDATE guichet.subscription AS s
	   SET state = CASE $3::text WHEN 'pause' THEN 'paused' ELSE 'active' END,
	       due = CASE $3::text WHEN 'pause' THEN s.due ELSE now() END,
	       reason = CASE $3::text WHEN 'pause' THEN 'paused by the customer' END
	  FROM turned AS t
	 WHERE s.grant_id = t.id
	   AND (($3::text = 'pause' AND s.state = 'active')
	     OR ($3::text = 'resume' AND s.state = 'paused'
		 AND s.reason = 'paused by the customer'))
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT $6::uuid, $7::smallint, $8::bytea, $9::bytea, $10::bytea,
	       $11::uuid, $12::uuid, $13::text
	  FROM turned
)
SELECT id AS grant FROM turned;
-- SPDX-License-Identifier: Apache-2.0
