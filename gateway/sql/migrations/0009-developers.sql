-- SPDX-License-Identifier: Apache-2.0
-- What PIMS tell us of records, and what they ask for beside them.

-- A record that a PIMS found faulty, and what our people answered. Which one it
-- is (its natural key) is sealed: this table names nobody. It goes with the
-- grant.
CREATE TABLE guichet.feedback (
	id		uuid PRIMARY KEY,
	grant_id	uuid NOT NULL REFERENCES guichet.grants ON DELETE CASCADE,
	client_id	text NOT NULL REFERENCES guichet.client,
	dataset		text NOT NULL,
	code		text NOT NULL,
	sealed		text,			-- the record's key and the PIMS' words
	state		text NOT NULL DEFAULT 'open'
			CHECK (state IN ('open', 'answered')),
	answer		text,
	created		timestamptz NOT NULL DEFAULT now(),
	answered	timestamptz
);
CREATE INDEX ON guichet.feedback (grant_id, created);
CREATE INDEX ON guichet.feedback (created) WHERE state = 'open';

-- ---- the feed ----------------------------------------------------------------

-- What is new under each live grant of a PIMS that pulls: a row for each of its
-- data sets, and one for the grant itself (data set ''). Its place is the
-- transaction that touched it last, so that a reader who stops at the oldest one
-- still running passes nothing over.
CREATE TABLE guichet.news (
	grant_id	uuid NOT NULL REFERENCES guichet.grants ON DELETE CASCADE,
	dataset		text NOT NULL,
	client_id	text NOT NULL,
	xid		xid8 NOT NULL DEFAULT pg_current_xact_id(),
	at		timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (grant_id, dataset)
);
CREATE INDEX ON guichet.news (client_id, xid, grant_id, dataset);
ALTER TABLE guichet.news SET (fillfactor = 80);

-- A grant that begins, resumes or changes is news as a whole; one that ends is
-- news once.
CREATE FUNCTION guichet.tell_news() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM guichet.client
			WHERE id = NEW.client_id AND kind = 'oauth') THEN
		RETURN NULL;
	END IF;
	DELETE FROM guichet.news
	 WHERE grant_id = NEW.id AND dataset <> ''
	   AND (NEW.state NOT IN ('active', 'paused')
		OR dataset <> ALL (NEW.datasets));
	INSERT INTO guichet.news (grant_id, dataset, client_id)
	SELECT NEW.id, d, NEW.client_id
	  FROM unnest(CASE WHEN NEW.state = 'active' THEN NEW.datasets
		      ELSE '{}' END || ''::text) AS d
	 ORDER BY d
	    ON CONFLICT (grant_id, dataset) DO UPDATE
	   SET xid = pg_current_xact_id(), at = now();
	RETURN NULL;
END $$;
CREATE TRIGGER tell_news AFTER INSERT OR UPDATE OF state, datasets, details
	ON guichet.grants FOR EACH ROW EXECUTE FUNCTION guichet.tell_news();

-- ---- exports -----------------------------------------------------------------

-- A customer's records asked for at once: walked by the watch in the background,
-- which keeps the place where each part begins, and no record.
CREATE TABLE guichet.export (
	id		uuid PRIMARY KEY,
	grant_id	uuid NOT NULL REFERENCES guichet.grants ON DELETE CASCADE,
	asks		jsonb NOT NULL,		-- [{dataset, version, from, to, granularity}]
	state		text NOT NULL DEFAULT 'waiting'
			CHECK (state IN ('waiting', 'walking', 'ready', 'failed')),
	reason		text,
	at		int NOT NULL DEFAULT 0,	-- the ask being walked
	horizon		bigint,			-- up to when, us; of that ask
	parts		int NOT NULL DEFAULT 0,
	cursor		text,			-- sealed: where the next part begins
	owner		text,
	lease_until	timestamptz,
	created		timestamptz NOT NULL DEFAULT now(),
	expires		timestamptz NOT NULL
);
CREATE INDEX ON guichet.export (grant_id);
CREATE INDEX ON guichet.export (expires);
CREATE INDEX ON guichet.export (created) WHERE state IN ('waiting', 'walking');

CREATE TABLE guichet.export_part (
	export_id	uuid NOT NULL REFERENCES guichet.export ON DELETE CASCADE,
	n		int NOT NULL,		-- from 1
	ask		int NOT NULL,		-- of which ask
	horizon		bigint NOT NULL,
	after		text,			-- sealed; NULL: the first record
	next		text NOT NULL,		-- sealed: where it ends
	records		bigint NOT NULL,
	bytes		bigint NOT NULL,
	PRIMARY KEY (export_id, n)
);

-- ---- the sandbox ---------------------------------------------------------------

-- What a developer asked to go wrong: the next calls under a grant.
CREATE TABLE guichet.sandbox_fault (
	grant_id	uuid PRIMARY KEY REFERENCES guichet.grants ON DELETE CASCADE,
	kind		text NOT NULL CHECK (kind IN ('delay', 'fail', 'throttle')),
	calls		int NOT NULL,		-- still to go wrong
	ms		int NOT NULL DEFAULT 0
);
