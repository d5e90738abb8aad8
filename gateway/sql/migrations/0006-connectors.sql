-- More ways out: webhooks and WebDAV, the doors we look at from time to time,
-- and what recipients are told of consents.

ALTER TABLE guichet.client DROP CONSTRAINT client_kind_check;
ALTER TABLE guichet.client ADD CONSTRAINT client_kind_check
	CHECK (kind IN ('oauth', 'cozy', 'solid', 'webhook', 'webdav'));
ALTER TABLE guichet.client ADD how_to jsonb NOT NULL DEFAULT '{}';
	-- {"en": where and how to get one, "fr": ..., "url": ...}

ALTER TABLE guichet.destination DROP CONSTRAINT destination_kind_check;
ALTER TABLE guichet.destination ADD CONSTRAINT destination_kind_check
	CHECK (kind IN ('cozy', 'solid', 'webhook', 'webdav'));

-- Where a recipient hears of us: one for each client that has one.
CREATE TABLE guichet.endpoint (
	client_id	text PRIMARY KEY REFERENCES guichet.client,
	url		text NOT NULL,
	host		text NOT NULL,
	link		text,		-- where a customer approves, at the PIMS
	payload		text NOT NULL DEFAULT 'records'
			CHECK (payload IN ('records', 'notice')),
	sealed		text NOT NULL,	-- the keys that sign (crypto/webhook.h)
	state		text NOT NULL DEFAULT 'unproven'
			CHECK (state IN ('unproven',	-- no challenge answered yet
				'open', 'disabled')),
	reason		text,
	changed		timestamptz NOT NULL DEFAULT now()
);

-- How far a subscription has come.
ALTER TABLE guichet.subscription
	ADD given	timestamptz,	-- when all that there was had been given once
	ADD since	timestamptz NOT NULL DEFAULT now();	-- in its state

CREATE FUNCTION guichet.subscription_since() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW.since := now();
	RETURN NEW;
END $$;
CREATE TRIGGER subscription_since BEFORE UPDATE OF state ON guichet.subscription
	FOR EACH ROW WHEN (NEW.state <> OLD.state)
	EXECUTE FUNCTION guichet.subscription_since();

-- What an OAuth client was granted is also brought to its endpoint, if it has
-- one that answers: one subscription for each data set, from the beginning.
CREATE FUNCTION guichet.follow_grant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO guichet.destination (grant_id, kind, address, host, state)
	SELECT NEW.id, 'webhook', e.url, e.host,
	       jsonb_build_object('payload', e.payload)
	  FROM guichet.endpoint AS e
	  JOIN guichet.client AS c ON c.id = e.client_id
	 WHERE e.client_id = NEW.client_id AND e.state = 'open'
	   AND c.kind = 'oauth'
	    ON CONFLICT DO NOTHING;
	IF FOUND THEN
		INSERT INTO guichet.subscription (id, grant_id, dataset, host)
		SELECT gen_random_uuid(), NEW.id, d, p.host
		  FROM guichet.destination AS p, unnest(NEW.datasets) AS d
		 WHERE p.grant_id = NEW.id;
	END IF;
	RETURN NULL;
END $$;
CREATE TRIGGER follow_grant AFTER INSERT ON guichet.grants
	FOR EACH ROW WHEN (NEW.state = 'active')
	EXECUTE FUNCTION guichet.follow_grant();
CREATE TRIGGER follow_begun AFTER UPDATE OF state ON guichet.grants
	FOR EACH ROW WHEN (OLD.state = 'pending' AND NEW.state = 'active')
	EXECUTE FUNCTION guichet.follow_grant();

-- A grant that says something else now (not only for longer) is given from the
-- beginning, with the data sets it has got meanwhile; what it no longer covers rests.
CREATE FUNCTION guichet.details_but_until(details jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
	SELECT jsonb_agg(d - 'until' ORDER BY n)
	  FROM jsonb_array_elements(details) WITH ORDINALITY AS e (d, n)
$$;
CREATE FUNCTION guichet.follow_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	UPDATE guichet.subscription AS s
	   SET cursor = NULL, given = NULL, changed = s.changed + 1,
	       due = COALESCE(s.due, now())
	 WHERE s.grant_id = NEW.id AND s.state = 'active'
	   AND s.dataset = ANY (NEW.datasets);
	INSERT INTO guichet.subscription (id, grant_id, dataset, host)
	SELECT gen_random_uuid(), NEW.id, d, p.host
	  FROM guichet.destination AS p, unnest(NEW.datasets) AS d
	 WHERE p.grant_id = NEW.id
	    ON CONFLICT (grant_id, dataset) DO NOTHING;
	RETURN NULL;
END $$;
CREATE TRIGGER follow_change AFTER UPDATE OF datasets, details ON guichet.grants
	FOR EACH ROW WHEN (NEW.state IN ('active', 'pending')	-- others must agree
	    AND (NEW.datasets <> OLD.datasets
	    OR guichet.details_but_until(NEW.details) <>
	       guichet.details_but_until(OLD.details)))
	EXECUTE FUNCTION guichet.follow_change();
-- SPDX-License-Identifier: Apache-2.0

-- When we last looked whether a door is still open (push/checks.h).
ALTER TABLE guichet.destination ADD checked timestamptz NOT NULL DEFAULT now();
CREATE INDEX ON guichet.destination (checked) WHERE departed IS NULL;

-- ---- signals: what recipients are told of consents -------------------------

-- Where a recipient hears that a consent changed (push/signals.h); NULL: nowhere.
ALTER TABLE guichet.client ADD signals_url text;

-- What is still to be told: put here by the change itself, gone when it was
-- received. One at a time for each recipient, in this order.
CREATE TABLE guichet.signal (
	n		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	id		uuid NOT NULL DEFAULT gen_random_uuid(),	-- its jti
	client_id	text NOT NULL REFERENCES guichet.client ON DELETE CASCADE,
	grant_id	uuid NOT NULL REFERENCES guichet.grants ON DELETE CASCADE,
	kind		text NOT NULL CHECK (kind IN ('given', 'changed', 'paused',
			'resumed', 'withdrawn', 'expired', 'ended')),
	state		text NOT NULL,		-- of the grant, from then on
	by		text,			-- who ended it
	due		timestamptz NOT NULL DEFAULT now(),
	attempts	int NOT NULL DEFAULT 0,
	reason		text,			-- why the last one failed
	created		timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON guichet.signal (client_id, n);
CREATE INDEX ON guichet.signal (grant_id);

CREATE FUNCTION guichet.write_signal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	was text := CASE TG_OP WHEN 'UPDATE' THEN OLD.state END;
BEGIN
	INSERT INTO guichet.signal (client_id, grant_id, kind, state, by)
	SELECT NEW.client_id, NEW.id,
	       CASE WHEN NEW.state = 'expired' THEN 'expired'
		    WHEN NEW.state = 'withdrawn' THEN
			CASE WHEN NEW.ended_by IN ('operator', 'system')
			     THEN 'ended' ELSE 'withdrawn' END
		    WHEN NEW.state = was OR NEW.state = 'pending' THEN 'changed'
		    WHEN NEW.state = 'paused' THEN 'paused'
		    WHEN was = 'paused' THEN 'resumed'
		    ELSE 'given' END,
	       NEW.state, NEW.ended_by
	  FROM guichet.client AS c
	 WHERE c.id = NEW.client_id AND c.signals_url IS NOT NULL
	   AND c.state NOT IN ('refused', 'left');
	RETURN NULL;
END $$;
-- What was brought from another installation was told there.
CREATE TRIGGER signal_given AFTER INSERT ON guichet.grants
	FOR EACH ROW WHEN (NEW.state = 'active' AND NEW.created = now())
	EXECUTE FUNCTION guichet.write_signal();
-- A consent that never began is nobody's news, unless tokens were given for it
-- already (it waits for those who hold with her).
CREATE TRIGGER signal_turned AFTER UPDATE OF state ON guichet.grants
	FOR EACH ROW WHEN (OLD.state <> NEW.state
		AND (OLD.state <> 'pending' OR NEW.state = 'active'
		  OR OLD.awaits > 0))
	EXECUTE FUNCTION guichet.write_signal();
CREATE TRIGGER signal_changed AFTER UPDATE OF datasets, details, expires
	ON guichet.grants
	FOR EACH ROW WHEN (OLD.state = NEW.state
		AND NEW.state IN ('active', 'paused')
		AND (OLD.datasets <> NEW.datasets OR OLD.details <> NEW.details
		  OR OLD.expires <> NEW.expires))
	EXECUTE FUNCTION guichet.write_signal();
