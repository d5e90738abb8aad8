-- Guichet's own tables. Everything lives in the schema guichet; statements
-- name it in full, so that no search_path matters (pgbouncer).
-- No records of customers are kept here: cursors and keyed digests only.

CREATE SCHEMA IF NOT EXISTS guichet;

-- ---- who may receive ------------------------------------------------------

-- A PIMS: an OAuth client that pulls, or a kind of personal cloud we push to.
CREATE TABLE guichet.client (
	id		text PRIMARY KEY,
	kind		text NOT NULL CHECK (kind IN ('oauth', 'cozy', 'solid')),
	name		text NOT NULL,
	uri		text,
	contact		text,
	purpose		jsonb NOT NULL DEFAULT '{}',	-- {"en": ..., "fr": ...}
	jwks		jsonb,				-- public keys (oauth)
	redirect_uris	text[] NOT NULL DEFAULT '{}',
	auth_method	text NOT NULL DEFAULT 'private_key_jwt'
			CHECK (auth_method IN ('private_key_jwt',
			       'self_signed_tls_client_auth')),
	binding		text NOT NULL DEFAULT 'dpop'
			CHECK (binding IN ('dpop', 'mtls')),
	datasets	text[] NOT NULL DEFAULT '{}',	-- what it may ask for
	state		text NOT NULL DEFAULT 'admitted'
			CHECK (state IN ('admitted', 'suspended')),
	state_reason	text,
	created		timestamptz NOT NULL DEFAULT now()
);

-- ---- who gives ------------------------------------------------------------

-- A customer who came at least once. key: random, tags her journal lines;
-- destroying the row unlinks them.
CREATE TABLE guichet.subject (
	id		uuid PRIMARY KEY,
	customer	text NOT NULL UNIQUE,	-- the organisation's reference
	key		bytea NOT NULL CHECK (length(key) = 32),
	language	text NOT NULL DEFAULT 'fr',
	created		timestamptz NOT NULL DEFAULT now()
);

-- Logins of synthetic people ([login] mode = demo only).
CREATE TABLE guichet.demo_customer (
	login		text PRIMARY KEY,
	password_hash	bytea NOT NULL,		-- scrypt, salt first
	customer	text NOT NULL UNIQUE,
	name		text NOT NULL,
	story		jsonb NOT NULL DEFAULT '{}'
);

-- ---- what was allowed -----------------------------------------------------

CREATE TABLE guichet.grants (
	id		uuid PRIMARY KEY,
	client_id	text NOT NULL REFERENCES guichet.client,
	subject_id	uuid NOT NULL REFERENCES guichet.subject,
	pairwise	text NOT NULL,		-- the subject as this PIMS knows it
	datasets	text[] NOT NULL,
	details		jsonb NOT NULL,		-- authorization_details as granted
	purpose		text NOT NULL,		-- as shown
	language	text NOT NULL,
	notice_sha256	bytea NOT NULL,		-- of the notice shown
	state		text NOT NULL DEFAULT 'active'
			CHECK (state IN ('pending',	-- her cloud, or those who hold
							-- with her, have not agreed yet
				'active', 'paused', 'withdrawn', 'expired')),
	created		timestamptz NOT NULL DEFAULT now(),
	expires		timestamptz NOT NULL,
	ended		timestamptz,
	ended_by	text,			-- customer | coholder | recipient | operator
						-- | system | time
	refresh_hash	bytea UNIQUE,
	changed		timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON guichet.grants (subject_id);
CREATE INDEX ON guichet.grants (client_id);

-- A grant that changes tells every worker at once.
CREATE FUNCTION guichet.tell_grant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_notify('guichet_grant', NEW.id::text);
	RETURN NULL;
END $$;
CREATE TRIGGER tell_grant AFTER UPDATE OF state, datasets, details, expires
	ON guichet.grants FOR EACH ROW EXECUTE FUNCTION guichet.tell_grant();

CREATE FUNCTION guichet.tell_client() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_notify('guichet_client', NEW.id);
	RETURN NULL;
END $$;
CREATE TRIGGER tell_client AFTER UPDATE ON guichet.client
	FOR EACH ROW EXECUTE FUNCTION guichet.tell_client();

-- ---- the flow: dies by partition, never by DELETE --------------------------
-- Each is partitioned by the hour of its expiry; guichet.partitions_ahead()
-- makes the next ones and drops those whose hour is long past.

CREATE TABLE guichet.pushed_request (		-- RFC 9126
	hash		bytea NOT NULL,		-- of the request_uri
	client_id	text NOT NULL,
	params		jsonb NOT NULL,
	dpop_jkt	text,
	used		boolean NOT NULL DEFAULT false,
	due		timestamptz NOT NULL,	-- to be opened until then
	opened		timestamptz,		-- then to be read until expires
	shown		text[] NOT NULL DEFAULT '{}',	-- in which languages
	expires		timestamptz NOT NULL,
	PRIMARY KEY (hash, expires)
) PARTITION BY RANGE (expires);

CREATE TABLE guichet.code (
	hash		bytea NOT NULL,
	client_id	text NOT NULL,
	grant_id	uuid NOT NULL,
	redirect_uri	text NOT NULL,
	challenge	text NOT NULL,
	dpop_jkt	text,
	spent		timestamptz,		-- used, once
	expires		timestamptz NOT NULL,
	PRIMARY KEY (hash, expires)
) PARTITION BY RANGE (expires);

CREATE TABLE guichet.access_token (
	hash		bytea NOT NULL,
	grant_id	uuid NOT NULL,
	client_id	text NOT NULL,
	binding		text NOT NULL CHECK (binding IN ('dpop', 'mtls')),
	thumbprint	text NOT NULL,		-- jkt or x5t#S256
	datasets	text[],			-- fewer than the grant's; NULL = all
	expires		timestamptz NOT NULL,
	PRIMARY KEY (hash, expires)
) PARTITION BY RANGE (expires);

CREATE TABLE guichet.jti (			-- one use each, across all workers
	hash		bytea NOT NULL,		-- of kind, key and jti
	until		timestamptz NOT NULL,	-- from the signed exp or iat
	PRIMARY KEY (hash, until)
) PARTITION BY RANGE (until);

CREATE TABLE guichet.session (
	hash		bytea NOT NULL,
	subject_id	uuid NOT NULL,		-- no foreign key: making a partition
					-- would lock out those who sign in
	name		text NOT NULL,
	begun		timestamptz NOT NULL DEFAULT now(),
	ended		boolean NOT NULL DEFAULT false,
	expires		timestamptz NOT NULL,
	PRIMARY KEY (hash, expires)
) PARTITION BY RANGE (expires);

-- Makes partitions for the hours to come and drops those past (kept one hour
-- beyond). Safe to run from anywhere, any number of times.
CREATE FUNCTION guichet.partitions_ahead(hours int DEFAULT 25) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
	parent text; start timestamptz; part text; made int := 0; old record;
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext('guichet partitions'));
	FOREACH parent IN ARRAY ARRAY['pushed_request', 'code', 'access_token',
	    'jti', 'session'] LOOP
		-- a session may last a day; all else lives an hour at most
		FOR i IN -2 .. CASE parent WHEN 'session' THEN hours
		    ELSE least(hours, 4) END LOOP
			start := date_trunc('hour', now(), 'UTC') + make_interval(hours => i);
			part := parent || to_char(start AT TIME ZONE 'UTC', '_YYYYMMDDHH24');
			IF to_regclass('guichet.' || part) IS NULL THEN
				EXECUTE format('CREATE TABLE guichet.%I PARTITION OF guichet.%I'
				    ' FOR VALUES FROM (%L) TO (%L)', part, parent,
				    start, start + interval '1 hour');
				made := made + 1;
			END IF;
		END LOOP;
		FOR old IN SELECT c.relname FROM pg_inherits AS i
		    JOIN pg_class AS c ON c.oid = i.inhrelid
		    JOIN pg_class AS p ON p.oid = i.inhparent
		    JOIN pg_namespace AS n ON n.oid = p.relnamespace
		   WHERE n.nspname = 'guichet' AND p.relname = parent
		     AND c.relname < parent || to_char((now() - interval '3 hours')
			 AT TIME ZONE 'UTC', '_YYYYMMDDHH24') LOOP
			EXECUTE format('DROP TABLE guichet.%I', old.relname);
		END LOOP;
	END LOOP;
	RETURN made;
END $$;
SELECT guichet.partitions_ahead(1);	-- the first; `serve` goes on

-- ---- push ------------------------------------------------------------------

-- Where a grant's records go: one customer's Cozy or pod, and our way in.
CREATE TABLE guichet.destination (
	grant_id	uuid PRIMARY KEY REFERENCES guichet.grants,
	kind		text NOT NULL CHECK (kind IN ('cozy', 'solid')),
	address		text NOT NULL,		-- https://alice.cozy.example
	host		text NOT NULL,
	state		jsonb NOT NULL DEFAULT '{}',	-- the connector's, no secret
	sealed		text,			-- the connector's secrets (keys.h)
	departed	timestamptz,		-- we gave our keys back
	changed		timestamptz NOT NULL DEFAULT now()
);

-- One grant x one data set to keep pushed: the whole queue entry.
CREATE TABLE guichet.subscription (
	id		uuid PRIMARY KEY,
	grant_id	uuid NOT NULL REFERENCES guichet.grants,
	dataset		text NOT NULL,
	host		text NOT NULL,		-- the breaker's and the slots' unit
	state		text NOT NULL DEFAULT 'active'
			CHECK (state IN ('waiting',	-- the PIMS has not approved yet
				'active', 'paused', 'dead', 'ended')),
	cursor		text,			-- sealed; NULL = from the first record
	sequence	bigint NOT NULL DEFAULT 0,	-- documents acknowledged
	changed		bigint NOT NULL DEFAULT 1,	-- wake-ups seen
	due		timestamptz DEFAULT now(),	-- NULL = nothing to do
	attempts	int NOT NULL DEFAULT 0,	-- refusals in a row
	crashes		int NOT NULL DEFAULT 0,	-- leases that ran out while alone
	owner		text,
	attempt		bigint NOT NULL DEFAULT 0,	-- fences a late settlement
	lease_until	timestamptz,
	alone		boolean NOT NULL DEFAULT false,	-- leased as a suspect
	reason		text,			-- of the last failure
	delivered	timestamptz,
	UNIQUE (grant_id, dataset)
);
-- What is due: to deliver (active), to look whether the cloud has opened
-- (waiting), to give the keys back (ended). Walked host by host.
CREATE INDEX subscription_due ON guichet.subscription (host, due)
	WHERE due IS NOT NULL;
CREATE INDEX subscription_lease ON guichet.subscription (host, lease_until)
	WHERE lease_until IS NOT NULL;
CREATE INDEX ON guichet.subscription (dataset, id);	-- the watch wakes
CREATE INDEX ON guichet.subscription (id) WHERE state = 'dead';	-- figures
-- Busy rows: leave them room, so that an update stays on its page.
ALTER TABLE guichet.subscription SET (fillfactor = 70);

-- Up to when the watch has asked a source who changed.
CREATE TABLE guichet.watch_mark (
	source		text NOT NULL,
	dataset		text NOT NULL,
	mark		timestamptz NOT NULL,
	owner		text,			-- who asks now, so that hosts share
	lease_until	timestamptz,		-- the work; the mark alone fences it
	PRIMARY KEY (source, dataset)
);

-- ---- journal ---------------------------------------------------------------

-- Lines, committed with what they tell of. A line is written once and never
-- moves: its place in its log lies in a bundle. salt, side, subject, grant are
-- erasable; leaf may be purged by retention.
CREATE TABLE guichet.journal_line (
	id		uuid PRIMARY KEY,	-- made in the order of time
	n		bigint GENERATED ALWAYS AS IDENTITY, -- taken under the
					-- lock of the grant it tells of
	xid		xid8 NOT NULL DEFAULT pg_current_xact_id(),
	log		smallint NOT NULL,
	leaf		bytea,
	salt		bytea,
	side		bytea,
	subject_id	uuid,
	grant_id	uuid,
	client_id	text
);
-- It only grows: looked through now and then, not each minute.
ALTER TABLE guichet.journal_line SET (autovacuum_vacuum_insert_threshold = 500000,
	autovacuum_analyze_threshold = 500000);
-- What committed since the last turn (journal_turn).
CREATE INDEX ON guichet.journal_line (xid);
-- A customer's own history, newest first; a grant's lines are among them.
CREATE INDEX ON guichet.journal_line (subject_id, id) WHERE subject_id IS NOT NULL;

-- The order of a log: the ids of 256 entries a row, the last one growing.
CREATE TABLE guichet.journal_bundle (
	log		smallint NOT NULL,
	n		bigint NOT NULL,
	ids		uuid[] NOT NULL,
	ns		int8range NOT NULL,	-- of its lines: the way back
	PRIMARY KEY (log, n)
);
ALTER TABLE guichet.journal_bundle ALTER ids SET STORAGE EXTERNAL; -- no pattern
CREATE INDEX ON guichet.journal_bundle USING gist (ns);

-- c2sp.org/tlog-tiles: 256 hashes each; the last one of a level is growing.
-- Level 0 holds SHA-256(0x00 || leaf) of each entry (RFC 6962), for ever.
CREATE TABLE guichet.journal_tile (
	log		smallint NOT NULL,
	level		smallint NOT NULL,
	n		bigint NOT NULL,
	hashes		bytea NOT NULL,
	PRIMARY KEY (log, level, n)
);
ALTER TABLE guichet.journal_tile ALTER hashes SET STORAGE EXTERNAL;

-- Up to where lines were ordered: all that `seen` sees. A line that commits
-- late is not in it, whatever its number, so that the next turn takes it.
CREATE TABLE guichet.journal_turn (
	one		boolean PRIMARY KEY DEFAULT true CHECK (one),
	seen		pg_snapshot NOT NULL DEFAULT '4:4:',	-- nothing
	cluster		bigint NOT NULL		-- whose transactions these are
			DEFAULT (pg_control_system()).system_identifier
);
INSERT INTO guichet.journal_turn DEFAULT VALUES;

-- Lines without a place yet, ten thousand at most. They are few of many: by
-- index, whatever the planner believes of a range of xid.
CREATE FUNCTION guichet.lines_waiting() RETURNS bigint
LANGUAGE sql STABLE SET enable_seqscan = off SET jit = off AS $$
	SELECT count(*)
	  FROM (SELECT FROM guichet.journal_line AS l
		 WHERE l.xid >= (SELECT pg_snapshot_xmax(t.seen)
				   FROM guichet.journal_turn AS t)
		    OR l.xid = ANY (ARRAY (SELECT pg_snapshot_xip(t.seen)
					     FROM guichet.journal_turn AS t))
		 LIMIT 10000) AS w
$$;

-- The entries of a log, as they lie: seq from first to past - 1. A place whose
-- line is gone has an id and nothing else but its hash.
CREATE FUNCTION guichet.journal_entries(log int, first bigint, past bigint)
RETURNS TABLE (seq bigint, id uuid, there boolean, leaf bytea, hash bytea,
	salt bytea, side bytea, subject_id uuid, grant_id uuid, client_id text)
LANGUAGE sql STABLE AS $$
	SELECT b.n * 256 + o.place - 1, o.id, l.id IS NOT NULL, l.leaf,
	       substring(t.hashes FROM o.place::int * 32 - 31 FOR 32),
	       l.salt, l.side, l.subject_id, l.grant_id, l.client_id
	  FROM guichet.journal_bundle AS b
	 CROSS JOIN LATERAL unnest(b.ids) WITH ORDINALITY AS o (id, place)
	  LEFT JOIN guichet.journal_line AS l ON l.id = o.id
	  LEFT JOIN guichet.journal_tile AS t
	    ON t.log = b.log AND t.level = 0 AND t.n = b.n
	 WHERE b.log = $1 AND b.n BETWEEN $2 / 256 AND ($3 - 1) / 256
	   AND b.n * 256 + o.place - 1 >= $2 AND b.n * 256 + o.place - 1 < $3
	 ORDER BY b.n, o.place
$$;

CREATE TABLE guichet.journal_head (
	log		smallint PRIMARY KEY,
	origin		text NOT NULL,
	epoch		bigint NOT NULL DEFAULT 0,	-- the leader's fence
	size		bigint NOT NULL DEFAULT 0,
	frontier	bytea NOT NULL DEFAULT ''
);

-- A log that began anew after its end was lost: under which name, from which
-- place on, and the last note signed before, if there was one.
CREATE TABLE guichet.journal_origin (
	log		smallint NOT NULL,
	origin		text NOT NULL,
	first		bigint NOT NULL,
	quoted		text,
	begun		timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (log, origin)
);

CREATE TABLE guichet.journal_note (		-- every checkpoint signed
	log		smallint NOT NULL,
	size		bigint NOT NULL,
	note		text NOT NULL,
	epoch		bigint,		-- of the leader who had it signed
	signed		timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (log, size)
);
-- SPDX-License-Identifier: Apache-2.0
