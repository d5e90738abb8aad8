-- Watching by triggers and by replication; removals and corrections.

-- Where the watch stands in a source's change table: (xid, n); or in its stream,
-- of that server on that timeline: an LSN. By time, it is the mark alone.
ALTER TABLE guichet.watch_mark
	ADD COLUMN place	bigint NOT NULL DEFAULT 0,
	ADD COLUMN place_n	bigint NOT NULL DEFAULT 0,
	ADD COLUMN origin	text;

-- What each subscription was given, by keyed digests: so that a repeat is known,
-- and what is gone is noticed. No payload. Erased with the grant.
CREATE TABLE guichet.memory (
	subscription	uuid NOT NULL REFERENCES guichet.subscription
			ON DELETE CASCADE,
	record		bytea NOT NULL,		-- the name it is delivered under
	digest		bytea NOT NULL,		-- HMAC of its content; '': it was told gone
	round		bigint NOT NULL DEFAULT 0,	-- of comparison, seen last in
	PRIMARY KEY (subscription, record)
);
ALTER TABLE guichet.memory SET (fillfactor = 85);

-- A comparison walks a customer's records from the first one.
ALTER TABLE guichet.subscription
	ADD COLUMN walk		text,		-- NULL: none; '': begins; sealed place;
						-- gone: what was not seen goes
	ADD COLUMN walk_round	bigint NOT NULL DEFAULT 0,
	ADD COLUMN walked	timestamptz NOT NULL DEFAULT now();
CREATE INDEX subscription_walked ON guichet.subscription (dataset, walked)
	WHERE state = 'active' AND walk IS NULL;
CREATE INDEX subscription_walking ON guichet.subscription (dataset)
	WHERE state = 'active' AND walk IS NOT NULL;

CREATE FUNCTION guichet.forget_memory() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM guichet.memory WHERE subscription = NEW.id;
	RETURN NULL;
END $$;
CREATE TRIGGER forget_memory AFTER UPDATE OF state ON guichet.subscription
	FOR EACH ROW WHEN (NEW.state = 'ended' AND OLD.state <> 'ended')
	EXECUTE FUNCTION guichet.forget_memory();
-- What each host asks of each source in the background, told every ten seconds.
CREATE TABLE guichet.source_load (
	host		text NOT NULL,
	source		text NOT NULL,
	at		timestamptz NOT NULL,
	asked		bigint NOT NULL,	-- questions, since it was told before
	waited_ms	bigint NOT NULL,	-- for their turn, all together
	ms		bigint NOT NULL,	-- since it was told before
	bound		bigint NOT NULL,	-- a second; 0: none
	PRIMARY KEY (host, source)
);
-- SPDX-License-Identifier: Apache-2.0
