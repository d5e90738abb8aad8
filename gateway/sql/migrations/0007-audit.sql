-- People of the organisation, and what the audit of the journal needs.

-- ---- staff -----------------------------------------------------------------

-- Whoever may open the organisation's own pages. issuer: the OpenID provider
-- that vouches for them, or 'demo' for synthetic people with a password here.
CREATE TABLE guichet.staff (
	id		uuid PRIMARY KEY,
	issuer		text NOT NULL,
	subject		text NOT NULL,		-- the provider's name of the person
	name		text NOT NULL,		-- shown to colleagues, never logged
	roles		text[] NOT NULL CHECK (roles <@ ARRAY['auditor', 'dpo',
			'operator', 'admission', 'admin']),
	password_hash	bytea,			-- demo only: scrypt, salt first
	disabled	timestamptz,
	created		timestamptz NOT NULL DEFAULT now(),
	UNIQUE (issuer, subject),
	CHECK ((issuer = 'demo') = (password_hash IS NOT NULL))
);

-- Few and short: an old one goes when somebody signs in.
CREATE TABLE guichet.staff_session (
	hash		bytea PRIMARY KEY,	-- SHA-256 of the cookie
	staff_id	uuid NOT NULL REFERENCES guichet.staff ON DELETE CASCADE,
	begun		timestamptz NOT NULL DEFAULT now(),
	expires		timestamptz NOT NULL
);
-- SPDX-License-Identifier: Apache-2.0

-- What each host runs: digests of its settings and data sets, its program's
-- version. A change is a line of the journal.
CREATE TABLE guichet.configured (
	host		text NOT NULL,
	what		text NOT NULL,
	digest		text NOT NULL,
	since		timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (host, what)
);

-- ---- checkpoints -----------------------------------------------------------

-- The last one of a day or of an hour, for exports.
CREATE INDEX ON guichet.journal_note (log, signed);

-- Checkpoints that a time-stamping authority signed (RFC 3161): the bytes it was
-- given the digest of, and its reply in DER.
CREATE TABLE guichet.journal_stamp (
	log		smallint NOT NULL,
	size		bigint NOT NULL,
	note		text NOT NULL,
	reply		bytea NOT NULL,
	at		timestamptz NOT NULL,		-- by the authority's clock
	asked		timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (log, size)
);

-- ---- what is asked of the journal --------------------------------------------

-- The ordered lines, decoded, for auditors' pages and reports; and for each hour
-- their sums. Made from the log in batches, never by the statements that write
-- lines; whoever doubts it drops it and lets it be made again.
CREATE TABLE guichet.journal_fact (
	log		smallint NOT NULL,
	seq		bigint NOT NULL,
	id		uuid NOT NULL,
	at		timestamptz NOT NULL,
	ev		text NOT NULL,
	ds		text,
	client		text,
	oc		text,
	reason		text,
	n		bigint,
	b		bigint,
	att		int,
	act		text,
	ms		bigint,			-- since the line it ends
	lag		bigint,			-- ms since the source changed
	-- erased with the side record
	by		text,
	call		text,
	subject_id	uuid,
	grant_id	uuid,
	PRIMARY KEY (log, seq)
);
CREATE INDEX ON guichet.journal_fact (at, log, seq);
CREATE INDEX ON guichet.journal_fact (ev, at, log, seq);
CREATE INDEX ON guichet.journal_fact (client, at, log, seq) WHERE client IS NOT NULL;
CREATE INDEX ON guichet.journal_fact (ds, at, log, seq) WHERE ds IS NOT NULL;
CREATE INDEX ON guichet.journal_fact (subject_id, at, log, seq)
	WHERE subject_id IS NOT NULL;
CREATE INDEX ON guichet.journal_fact (call) WHERE call IS NOT NULL;

CREATE TABLE guichet.journal_hour (
	hour		timestamptz NOT NULL,
	log		smallint NOT NULL,
	ev		text NOT NULL,
	ds		text NOT NULL,		-- '' = none
	client		text NOT NULL,
	oc		text NOT NULL,
	lines		bigint NOT NULL,
	n		bigint NOT NULL,
	b		bigint NOT NULL,
	PRIMARY KEY (hour, log, ev, ds, client, oc)
);

-- The same for each local day, and month: what is asked of months is not summed up
-- from hours. n: of what left.
CREATE TABLE guichet.journal_day (
	day		date NOT NULL,
	log		smallint NOT NULL,
	ev		text NOT NULL,
	ds		text NOT NULL,
	client		text NOT NULL,
	oc		text NOT NULL,
	lines		bigint NOT NULL,
	n		bigint NOT NULL,
	PRIMARY KEY (day, log, ev, ds, client, oc)
);
CREATE TABLE guichet.journal_month (	-- day: its first
	LIKE guichet.journal_day,
	PRIMARY KEY (day, log, ev, ds, client, oc)
);

CREATE TABLE guichet.journal_fact_mark (
	log		smallint PRIMARY KEY,
	seq		bigint NOT NULL DEFAULT 0	-- the next to be decoded
);
INSERT INTO guichet.journal_fact_mark (log) VALUES (0), (1);

-- NULL for what is no JSON object: somebody altered it, verifiers say where.
CREATE FUNCTION guichet.json_of(bytes bytea) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	RETURN convert_from(bytes, 'UTF8')::jsonb;
EXCEPTION WHEN others THEN
	RETURN NULL;
END $$;

-- The time in an id (RFC 9562 version 7).
CREATE FUNCTION guichet.time_of(id uuid) RETURNS timestamptz
LANGUAGE sql IMMUTABLE AS $$
	SELECT to_timestamp(('x' || substr(replace(id::text, '-', ''), 1, 12))
	       ::bit(48)::bigint / 1000.0)
$$;

-- Decodes the lines of a log from a place to another. careful: one by one, what
-- is no JSON is told as such; else they fail together. zone: whose days are meant.
CREATE FUNCTION guichet.journal_decode(log smallint, first bigint, past bigint,
	careful boolean, zone text) RETURNS void
LANGUAGE sql AS $$
	WITH lines AS MATERIALIZED (
		SELECT e.seq, e.id, e.subject_id, e.grant_id, e.client_id,
		       CASE WHEN $4 THEN guichet.json_of(e.leaf)
		            ELSE convert_from(e.leaf, 'UTF8')::jsonb END AS l,
		       CASE WHEN $4 THEN guichet.json_of(e.side)
		            ELSE convert_from(e.side, 'UTF8')::jsonb END AS s
		  FROM guichet.journal_entries($1, $2, $3) AS e
		 WHERE e.leaf IS NOT NULL
	), put AS (
		INSERT INTO guichet.journal_fact
		SELECT $1, seq, id, guichet.time_of(id),
		       coalesce(l->>'ev', ''), l->>'ds',
		       coalesce(l->>'to', client_id), l->>'oc', s->>'reason',
		       (l->>'n')::numeric::bigint, (l->>'b')::numeric::bigint,
		       (l->>'att')::numeric::int, l->>'act',
		       CASE WHEN s->>'of' ~ '^[0-9a-f]{8}-[0-9a-f]{4}-7' THEN
		           extract(epoch FROM guichet.time_of(id) -
		           guichet.time_of((s->>'of')::uuid)) * 1000 END,
		       (l->>'lag')::numeric::bigint,
		       s->>'by', s->>'call', subject_id, grant_id
		  FROM lines
		    ON CONFLICT DO NOTHING
		RETURNING *
	), sums AS MATERIALIZED (
		SELECT date_trunc('hour', at, 'UTC') AS hour, (at AT TIME ZONE $5)::date
		       AS day, log, ev, coalesce(ds, '') AS ds, coalesce(client, '') AS
		       client, coalesce(oc, '') AS oc, count(*) AS lines,
		       coalesce(sum(n), 0) AS n, coalesce(sum(b), 0) AS b,
		       coalesce(sum(n) FILTER (WHERE ev IN ('pull.begun',
			   'delivery.acked')), 0) AS gone
		  FROM put
		 GROUP BY 1, 2, 3, 4, 5, 6, 7
	), days AS (
		INSERT INTO guichet.journal_day AS h
		SELECT day, log, ev, ds, client, oc, sum(lines), sum(gone)
		  FROM sums GROUP BY 1, 2, 3, 4, 5, 6
		    ON CONFLICT (day, log, ev, ds, client, oc) DO UPDATE
		   SET lines = h.lines + excluded.lines, n = h.n + excluded.n
	), months AS (
		INSERT INTO guichet.journal_month AS h
		SELECT date_trunc('month', day)::date, log, ev, ds, client, oc,
		       sum(lines), sum(gone)
		  FROM sums GROUP BY 1, 2, 3, 4, 5, 6
		    ON CONFLICT (day, log, ev, ds, client, oc) DO UPDATE
		   SET lines = h.lines + excluded.lines, n = h.n + excluded.n
	)
	INSERT INTO guichet.journal_hour AS h
	SELECT hour, log, ev, ds, client, oc, sum(lines), sum(n), sum(b)
	  FROM sums
	 GROUP BY 1, 2, 3, 4, 5, 6
	    ON CONFLICT (hour, log, ev, ds, client, oc) DO UPDATE
	   SET lines = h.lines + excluded.lines, n = h.n + excluded.n,
	       b = h.b + excluded.b;
$$;

-- Decodes the next lines of each log, so many at most; how many it did. Two at
-- once do not wait for each other.
CREATE FUNCTION guichet.journal_facts(most int, zone text DEFAULT 'UTC')
RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	m record; past bigint; done bigint := 0;
BEGIN
	FOR m IN SELECT k.log, k.seq, h.size
	           FROM guichet.journal_fact_mark AS k
	           JOIN guichet.journal_head AS h USING (log)
	          WHERE h.size > k.seq
	          ORDER BY k.log
	            FOR UPDATE OF k SKIP LOCKED LOOP
		past := least(m.size, m.seq + most);
		BEGIN
			PERFORM guichet.journal_decode(m.log, m.seq, past, false, zone);
		EXCEPTION WHEN data_exception THEN
			PERFORM guichet.journal_decode(m.log, m.seq, past, true, zone);
		END;
		UPDATE guichet.journal_fact_mark SET seq = past WHERE log = m.log;
		done := done + past - m.seq;
	END LOOP;
	RETURN done;
END $$;

-- The lines an auditor looks for, newest first. Planned for what is really
-- asked: one generic plan would walk the whole time line for a rare recipient.
-- Every condition may be NULL. before: go on after this (at, log, seq).
CREATE FUNCTION guichet.audit_lines(since timestamptz, past timestamptz,
	evs text[], to_client text, dataset text, outcome text, person uuid,
	call_id text, before_at timestamptz, before_log int, before_seq bigint,
	most int) RETURNS SETOF guichet.journal_fact
LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN QUERY EXECUTE 'SELECT * FROM guichet.journal_fact WHERE at >= $1'
		' AND at < $2' ||
		CASE WHEN cardinality(evs) = 1 THEN ' AND ev = $3[1]'
		     WHEN evs IS NOT NULL THEN ' AND ev = ANY ($3)' ELSE '' END ||
		CASE WHEN to_client IS NOT NULL THEN ' AND client = $4' ELSE '' END ||
		CASE WHEN dataset IS NOT NULL THEN ' AND ds = $5' ELSE '' END ||
		CASE WHEN outcome IS NOT NULL THEN ' AND oc = $6' ELSE '' END ||
		CASE WHEN person IS NOT NULL THEN ' AND subject_id = $7' ELSE '' END ||
		CASE WHEN call_id IS NOT NULL THEN ' AND call = $8' ELSE '' END ||
		CASE WHEN before_at IS NOT NULL
		     THEN ' AND (at, log, seq) < ($9, $10, $11)' ELSE '' END ||
		' ORDER BY at DESC, log DESC, seq DESC LIMIT $12'
		USING since, past, evs, to_client, dataset, outcome, person, call_id,
		    before_at, before_log, before_seq, most;
END $$;

-- Their sums: per day of that zone (per month when it is about more than three), per
-- event, recipient, data set, outcome; from sums kept, or from the lines when it is
-- about one person or one call. since and past are midnights.
CREATE FUNCTION guichet.audit_sums(since timestamptz, past timestamptz,
	evs text[], to_client text, dataset text, outcome text, person uuid,
	call_id text, zone text)
RETURNS TABLE (facet text, value text, lines bigint, n bigint)
LANGUAGE plpgsql STABLE AS $$
DECLARE
	first date := (since AT TIME ZONE zone)::date;
	after date := (past AT TIME ZONE zone)::date;
	long boolean := after - first > 92;
	-- the whole months between them
	month1 date := date_trunc('month', first + interval '1 month'
		- interval '1 day');
	month2 date := date_trunc('month', after);
	form text := CASE WHEN long THEN 'YYYY-MM' ELSE 'YYYY-MM-DD' END;
	source text := 'SELECT * FROM guichet.journal_day WHERE day >= $10 AND'
		' day < $11';
BEGIN
	IF person IS NOT NULL OR call_id IS NOT NULL THEN
		source := 'SELECT (at AT TIME ZONE $9)::date AS day, log, ev,'
			' coalesce(ds, '''') AS ds, coalesce(client, '''') AS client,'
			' coalesce(oc, '''') AS oc, 1::bigint AS lines, CASE WHEN ev IN'
			' (''pull.begun'', ''delivery.acked'') THEN coalesce(n, 0)'
			' ELSE 0 END AS n FROM guichet.journal_fact'
			' WHERE at >= $1 AND at < $2' ||
			CASE WHEN person IS NOT NULL THEN ' AND subject_id = $7'
			     ELSE '' END ||
			CASE WHEN call_id IS NOT NULL THEN ' AND call = $8'
			     ELSE '' END;
	ELSIF long THEN
		source := 'SELECT * FROM guichet.journal_month WHERE day >= $12 AND'
			' day < $13 UNION ALL SELECT * FROM guichet.journal_day WHERE'
			' day >= $10 AND day < $12 UNION ALL SELECT * FROM'
			' guichet.journal_day WHERE day >= $13 AND day < $11';
	END IF;
	RETURN QUERY EXECUTE
		'SELECT CASE WHEN grouping(day) = 0 THEN ''day'' WHEN grouping(ev) = 0'
		' THEN ''ev'' WHEN grouping(client) = 0 THEN ''client'' WHEN'
		' grouping(ds) = 0 THEN ''ds'' ELSE ''oc'' END,'
		' coalesce(to_char(day, $14), ev, client, ds, oc), sum(lines)::bigint,'
		' sum(n)::bigint FROM (SELECT date_trunc($15, h.day) AS day, ev, client,'
		' ds, oc, lines, n FROM (' || source || ') AS h WHERE true' ||
		CASE WHEN evs IS NOT NULL THEN ' AND ev = ANY ($3)' ELSE '' END ||
		CASE WHEN to_client IS NOT NULL THEN ' AND client = $4' ELSE '' END ||
		CASE WHEN dataset IS NOT NULL THEN ' AND ds = $5' ELSE '' END ||
		CASE WHEN outcome IS NOT NULL THEN ' AND oc = $6' ELSE '' END ||
		') AS found GROUP BY GROUPING SETS ((day), (ev), (client), (ds), (oc))'
		' HAVING coalesce(to_char(day, $14), ev, client, ds, oc) <> '''''
		' ORDER BY 1, 3 DESC, 2'
		USING since, past, evs, to_client, dataset, outcome, person, call_id,
		    zone, first, after, month1, month2, form,
		    CASE WHEN long THEN 'month' ELSE 'day' END;
END $$;

-- ---- verification ------------------------------------------------------------

-- The journal's process reads a whole log again, in small pieces, when asked and
-- once a day, and says here what it found.
CREATE TABLE guichet.journal_check (
	id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	log		smallint NOT NULL,
	asked		timestamptz NOT NULL DEFAULT now(),
	begun		timestamptz,
	done		bigint NOT NULL DEFAULT 0,	-- lines read so far
	size		bigint,				-- of the checkpoint it is held against
	root		text,
	ended		timestamptz,
	good		boolean,
	held		boolean,			-- against a note kept apart, too
	why		text
);
CREATE INDEX ON guichet.journal_check (log, id);

-- ---- forgetting --------------------------------------------------------------

-- What must be kept although its time has come or its person asked: of one person,
-- or (subject_id NULL) of everybody.
CREATE TABLE guichet.legal_hold (
	id		uuid PRIMARY KEY,
	subject_id	uuid,
	reason		text NOT NULL,
	set_at		timestamptz NOT NULL DEFAULT now(),
	released	timestamptz
);

-- A purge or a release that waits for another person, or for its time.
CREATE TABLE guichet.forgetting (
	id		uuid PRIMARY KEY,
	what		text NOT NULL CHECK (what IN ('purge', 'release')),
	log		smallint,		-- of a purge
	past		uuid,			-- ids before it
	hold		uuid,			-- of a release
	reason		text NOT NULL,
	asked		timestamptz NOT NULL DEFAULT now(),
	asked_by	text NOT NULL,
	confirmed_by	text,
	done		timestamptz
);

CREATE FUNCTION guichet.held(person uuid) RETURNS boolean
LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM guichet.legal_hold
			WHERE released IS NULL
			  AND (subject_id IS NULL OR subject_id = person))
$$;

-- Destroys what links the journal to a person, and what we know of her: how many
-- side records. Its caller wrote why in the same transaction.
CREATE FUNCTION guichet.erase_subject(person uuid) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	sides bigint;
BEGIN
	UPDATE guichet.journal_line
	   SET side = NULL, salt = NULL, subject_id = NULL, grant_id = NULL
	 WHERE subject_id = person;
	GET DIAGNOSTICS sides = ROW_COUNT;
	UPDATE guichet.journal_fact
	   SET subject_id = NULL, grant_id = NULL, call = NULL, reason = NULL
	 WHERE subject_id = person;
	DELETE FROM guichet.access_token WHERE grant_id IN
		(SELECT id FROM guichet.grants WHERE subject_id = person);
	DELETE FROM guichet.code WHERE grant_id IN
		(SELECT id FROM guichet.grants WHERE subject_id = person);
	DELETE FROM guichet.subscription WHERE grant_id IN
		(SELECT id FROM guichet.grants WHERE subject_id = person);
	DELETE FROM guichet.destination WHERE grant_id IN
		(SELECT id FROM guichet.grants WHERE subject_id = person);
	DELETE FROM guichet.grants WHERE subject_id = person;
	DELETE FROM guichet.session WHERE subject_id = person;
	DELETE FROM guichet.subject WHERE id = person;
	RETURN sides;
END $$;

-- Lines older than that id lose their bodies and their sides, but for those held;
-- hashes stay. So many at most; how many it was.
CREATE FUNCTION guichet.journal_purge(of_log int, past uuid, most int)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	purged bigint;
BEGIN
	WITH old AS (
		SELECT l.id FROM guichet.journal_line AS l
		 WHERE l.id < past AND l.log = of_log AND l.leaf IS NOT NULL
		   AND NOT guichet.held(l.subject_id)
		 LIMIT most
	), gone AS (
		UPDATE guichet.journal_line AS l
		   SET leaf = NULL, side = NULL, salt = NULL, subject_id = NULL,
		       grant_id = NULL
		  FROM old WHERE l.id = old.id
		RETURNING l.id
	), facts AS (
		DELETE FROM guichet.journal_fact AS f USING gone
		 WHERE f.log = of_log AND f.at <= guichet.time_of(past)
		   AND f.id = gone.id
	)
	SELECT count(*) INTO purged FROM gone;
	RETURN purged;
END $$;
CREATE INDEX ON guichet.journal_fact (id);
