-- Who holds with her has changed since she gave it: the new ones are told (or
-- awaited, while it waits), those who hold no longer see it no more and are not
-- waited for; the lines say so.
-- $1 grant; all that hold now: $2 ids uuid[] and $4 keys bytea[] (of those who
-- never came), $3 references text[], $5 answers text[] (awaited, told), $6 how
-- many of them must agree, $7 days to answer; $8-$15 journal line, $16-$23 the
-- line when nobody is awaited any more -> grant. No row: nothing has changed.
WITH live AS MATERIALIZED (
	SELECT id, state = 'pending' AND awaits > 0 AS waits
	  FROM guichet.grants
	 WHERE id = $1::uuid AND state IN ('active', 'pending', 'paused')
	   AND expires > now()
	   FOR UPDATE
), holder AS MATERIALIZED (
	SELECT *
	  FROM unnest($2::uuid[], $3::text[], $4::bytea[], $5::text[])
	       AS h (id, customer, key, answer)
	 WHERE NOT EXISTS (SELECT FROM guichet.coholder AS c
			     JOIN guichet.subject AS s ON s.id = c.subject_id
			    WHERE c.grant_id = $1::uuid
			      AND s.customer = h.customer)
), gone AS (
	DELETE FROM guichet.coholder AS c
	 USING live, guichet.subject AS s
	 WHERE c.grant_id = live.id AND s.id = c.subject_id
	   AND s.customer <> ALL ($3::text[])
	RETURNING c.answer
), known AS (
	INSERT INTO guichet.subject (id, customer, key)
	SELECT h.id, h.customer, h.key FROM holder AS h, live
	    ON CONFLICT (customer) DO UPDATE SET customer = EXCLUDED.customer
	RETURNING id, customer
), come AS (
	INSERT INTO guichet.coholder (grant_id, subject_id, answer)
	SELECT l.id, k.id, CASE WHEN l.waits THEN h.answer ELSE 'told' END
	  FROM live AS l, known AS k
	  JOIN holder AS h USING (customer)
	RETURNING answer
), counted AS (
	SELECT l.id, l.waits,
	       (SELECT count(*) FROM gone) + (SELECT count(*) FROM come) AS all,
	       (SELECT count(*) FROM come WHERE answer = 'awaited')
	       - (SELECT count(*) FROM gone WHERE answer = 'awaited') AS more
	  FROM live AS l
), turned AS (
	UPDATE guichet.grants AS g
	   SET awaits = g.awaits + c.more,
	       awaits_until = CASE WHEN c.more > 0 AND $6::int > 0
			THEN now() + $7::bigint * interval '1 day'
			ELSE g.awaits_until END,
	       state = CASE WHEN c.waits AND g.awaits + c.more = 0 AND g.opened
		       THEN 'active' ELSE g.state END,
	       changed = now()
	  FROM counted AS c
	 WHERE g.id = c.id AND c.all > 0
	RETURNING g.id, c.waits AND g.awaits = 0 AS begun
), told AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT l.id, l.log, l.leaf, l.salt, l.side, l.subject, l.grant, l.client
	  FROM (SELECT 1 AS place, $8::uuid AS id, $9::smallint AS log,
		       $10::bytea AS leaf, $11::bytea AS salt,
		       $12::bytea AS side, $13::uuid AS subject,
		       $14::uuid AS grant, $15::text AS client
		  FROM turned
		 UNION ALL
		SELECT 2, $16::uuid, $17::smallint, $18::bytea, $19::bytea,
		       $20::bytea, $21::uuid, $22::uuid, $23::text
		  FROM turned AS t WHERE t.begun) AS l
	 ORDER BY l.place
)
SELECT id AS grant FROM turned;
-- SPDX-License-Identifier: Apache-2.0
