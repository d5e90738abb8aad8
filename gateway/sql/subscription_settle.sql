-- Settles what was claimed, many at once: only where this very claim still
-- holds (owner and attempt), so that a late one changes nothing. There is nothing
-- left to do only if nobody woke it meanwhile (changed), and if what was read
-- reaches as far as the watch has asked (mark). The journal line of each is
-- written with it, or not at all.
-- $1 owner, $2 ids uuid[], $3 attempts bigint[], $4 cursors text[] ('' = as it
-- was), $5 documents received bigint[], $6 changed as claimed bigint[],
-- $7 wait ms bigint[] (-1: nothing is left to do), $8 refused bigint[] (1: counts
-- as a refusal), $9 states text[] ('' = as it was), $10 reasons text[],
-- $11..$18 their lines: ids, logs, leaves, salts, sides, subjects, grants,
-- clients; the nil uuid and '' stand for NULL; $19 horizons bigint[], us,
-- $20 walks text[] ('' = as it was, '-' = done), $21.. what was received: $21 of
-- which row bigint[] (from 1), $22 names bytea[], $23 digests bytea[] ('' = it is
-- gone); each name once for a row; $24 sequences bigint[]: the recipient has so
-- many and wants what follows (-1: it did not say); where it has fewer than it was
-- sent, all comes again
-- -> id of each settled
WITH told AS MATERIALIZED (
	SELECT *
	  FROM unnest($2::uuid[], $3::bigint[], $4::text[], $5::bigint[],
	       $6::bigint[], $7::bigint[], $8::bigint[], $9::text[], $10::text[],
	       $11::uuid[], $12::bigint[], $13::bytea[], $14::bytea[],
	       $15::bytea[], $16::uuid[], $17::uuid[], $18::text[], $19::bigint[],
	       $20::text[], $24::bigint[])
	       WITH ORDINALITY AS t (id, attempt, cursor, records, changed,
	       wait_ms, refused, state, reason, line, log, leaf, salt, side,
	       subject_id, grant_id, client_id, horizon, walk, sequence, ord)
), held AS MATERIALIZED (
	SELECT s.id
	  FROM guichet.subscription AS s
	  JOIN told AS t ON t.id = s.id
	 WHERE s.owner = $1::text AND s.attempt = t.attempt
	 ORDER BY s.id
	   FOR UPDATE OF s
), settled AS (
	UPDATE guichet.subscription AS s
	   SET cursor = CASE WHEN t.sequence BETWEEN 0 AND s.sequence - 1 THEN NULL
			ELSE COALESCE(NULLIF(t.cursor, ''), s.cursor) END,
	       sequence = CASE WHEN t.sequence >= 0 THEN t.sequence
			  ELSE s.sequence + t.records END,
	       delivered = CASE WHEN t.records > 0 THEN now()
			   ELSE s.delivered END,
	       attempts = CASE WHEN t.refused > 0 THEN s.attempts + 1
			  WHEN t.state = '' AND t.reason <> '' THEN s.attempts
			  ELSE 0 END,
	       crashes = 0,
	       given = CASE WHEN t.sequence >= 0 THEN NULL
		       WHEN s.given IS NULL AND t.wait_ms = -1 AND t.reason = ''
			    AND t.state = '' AND s.state = 'active'
		       THEN now() ELSE s.given END,
	       walk = CASE t.walk WHEN '' THEN s.walk WHEN '-' THEN NULL
		      ELSE t.walk END,
	       walked = CASE t.walk WHEN '-' THEN now() ELSE s.walked END,
	       state = CASE WHEN s.state = 'ended' OR t.state = '' THEN s.state
		       ELSE t.state END,
	       due = CASE
		     WHEN s.state = 'ended' AND t.state <> 'ended'
			  THEN now() + greatest(t.wait_ms, 0)
			       * interval '1 ms'
		     WHEN t.state IN ('dead', 'ended') THEN NULL
		     WHEN t.wait_ms >= 0
			  THEN now() + t.wait_ms * interval '1 ms'
		     WHEN s.changed <> t.changed THEN now()
		     WHEN EXISTS (SELECT FROM guichet.watch_mark AS m
				   WHERE m.dataset = s.dataset
				     AND m.mark > timestamptz 'epoch'
				       + t.horizon * interval '1 microsecond')
			  THEN now() + interval '200 ms' END,
	       reason = NULLIF(t.reason, ''),
	       owner = NULL, lease_until = NULL, alone = false
	  FROM told AS t, held AS h
	 WHERE s.id = t.id AND h.id = t.id
	RETURNING s.id, s.state, s.walk_round
), received AS MATERIALIZED (
	SELECT d.id, d.walk_round, m.record, m.digest
	  FROM unnest($21::bigint[], $22::bytea[], $23::bytea[])
	       AS m (ord, record, digest)
	  JOIN told AS t ON t.ord = m.ord
	  JOIN settled AS d ON d.id = t.id
	 WHERE d.state <> 'ended'
), remembered AS (
	INSERT INTO guichet.memory AS m (subscription, record, digest, round)
	SELECT r.id, r.record, r.digest, r.walk_round
	  FROM received AS r
	    ON CONFLICT (subscription, record) DO UPDATE
	   SET digest = excluded.digest, round = excluded.round
), doubted AS (
	-- what comes again is not known any more; nothing of it is forgotten
	UPDATE guichet.memory AS m
	   SET digest = decode('00', 'hex')
	  FROM told AS t
	  JOIN settled AS d ON d.id = t.id
	 WHERE t.sequence >= 0 AND m.subscription = t.id AND m.digest <> ''
), written AS (
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
	SELECT t.line, t.log, t.leaf, NULLIF(t.salt, ''), NULLIF(t.side, ''),
	       NULLIF(t.subject_id, '00000000-0000-0000-0000-000000000000'),
	       NULLIF(t.grant_id, '00000000-0000-0000-0000-000000000000'),
	       NULLIF(t.client_id, '')
	  FROM told AS t
	 WHERE t.id IN (SELECT id FROM settled)
	   AND t.line <> '00000000-0000-0000-0000-000000000000'
	 ORDER BY t.ord
)
SELECT id FROM settled;
-- SPDX-License-Identifier: Apache-2.0
