-- The customer's side: how she signed in.

-- When, and how strongly (OpenID Connect's auth_time and acr).
ALTER TABLE guichet.session
	ADD auth_time	timestamptz NOT NULL DEFAULT now(),
	ADD acr		text;
-- And of the sign-in under which she last decided; none: the provider said none.
ALTER TABLE guichet.grants
	ADD auth_time	timestamptz,
	ADD acr		text;

-- Wrong passwords of one login, or from one address: a hash, how many, and
-- until when they count. Lost in a crash, and no harm done.
CREATE UNLOGGED TABLE guichet.login_failure (
	hash		bytea PRIMARY KEY,
	failures	int NOT NULL,
	until		timestamptz NOT NULL
);
CREATE INDEX ON guichet.login_failure (until);

-- What was shown before somebody decided (consent/notice.h).
CREATE TABLE guichet.notice (
	sha256		bytea PRIMARY KEY,
	language	text NOT NULL,
	text		text NOT NULL,
	first_shown	timestamptz NOT NULL DEFAULT now()
);

-- When a withdrawal was seen to have taken effect everywhere (grant_settled.sql).
ALTER TABLE guichet.grants ADD effective timestamptz;
CREATE INDEX ON guichet.grants (id) WHERE state = 'withdrawn' AND effective IS NULL;

-- When a live grant's customer was last looked at (consent/lives.h).
ALTER TABLE guichet.grants ADD looked timestamptz NOT NULL DEFAULT now();
CREATE INDEX grants_looked ON guichet.grants (looked)
	WHERE state IN ('active', 'pending', 'paused');

-- ---- what is held together --------------------------------------------------

-- Who holds with her what a consent concerns (customers.sql), and what they said:
-- awaited (nothing leaves before they agree), agreed, told (one is enough: she
-- may object), refused (or objected). The grant counts those awaited, so that
-- two who agree at once are both counted; it is pending meanwhile.
CREATE TABLE guichet.coholder (
	grant_id	uuid NOT NULL REFERENCES guichet.grants ON DELETE CASCADE,
	subject_id	uuid NOT NULL REFERENCES guichet.subject ON DELETE CASCADE,
	answer		text NOT NULL CHECK (answer IN ('awaited', 'agreed',
			'told', 'refused')),
	changed		timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (grant_id, subject_id)
);
CREATE INDEX ON guichet.coholder (subject_id);
ALTER TABLE guichet.grants
	ADD awaits	int NOT NULL DEFAULT 0,		-- answers
	ADD awaits_until timestamptz,			-- it lapses then
	ADD opened	boolean NOT NULL DEFAULT true;	-- her cloud lets us in
CREATE INDEX grants_awaiting ON guichet.grants (awaits_until)
	WHERE state = 'pending' AND awaits > 0;

-- ---- letters ---------------------------------------------------------------

-- What a customer is still to be told by e-mail (mail/mail.h): put here by the
-- change itself, gone when it was sent. Her address is not kept: customers.sql
-- is asked when a letter leaves.
CREATE TABLE guichet.letter (
	id		uuid PRIMARY KEY DEFAULT gen_random_uuid(), -- its Message-ID
	grant_id	uuid NOT NULL REFERENCES guichet.grants ON DELETE CASCADE,
	subject_id	uuid NOT NULL REFERENCES guichet.subject ON DELETE CASCADE,
	kind		text NOT NULL CHECK (kind IN ('given', 'changed', 'reminder',
			'stuck', 'ended',
			'asked', 'shared', 'shared_ended')), -- to who holds with her
	ends		timestamptz,		-- reminder: the end it tells of
	due		timestamptz DEFAULT now(),	-- NULL: given up
	attempts	int NOT NULL DEFAULT 0,
	reason		text,			-- why the last one failed
	created		timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON guichet.letter (due) WHERE due IS NOT NULL;
CREATE INDEX ON guichet.letter (grant_id);
CREATE INDEX ON guichet.letter (subject_id);
CREATE INDEX ON guichet.letter (created);
CREATE UNIQUE INDEX letter_once ON guichet.letter (grant_id, subject_id, kind)
	WHERE kind IN ('changed', 'stuck') AND due IS NOT NULL AND attempts = 0;

-- The end she was last reminded of, or is about to be.
ALTER TABLE guichet.grants ADD reminded timestamptz;
CREATE INDEX grants_ending ON guichet.grants (expires)
	WHERE state IN ('active', 'pending', 'paused');

-- TG_ARGV: the kind, and after how long (several changes are told once). Grants
-- that were brought from another installation have been told there.
CREATE FUNCTION guichet.write_letter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO guichet.letter (grant_id, subject_id, kind, due)
	VALUES (NEW.id, NEW.subject_id, TG_ARGV[0], now() + TG_ARGV[1]::interval)
	ON CONFLICT DO NOTHING;
	RETURN NULL;
END $$;
CREATE TRIGGER letter_given AFTER INSERT ON guichet.grants
	FOR EACH ROW WHEN (NEW.state = 'active' AND NEW.created = now())
	EXECUTE FUNCTION guichet.write_letter('given', '0 s');
CREATE TRIGGER letter_opened AFTER UPDATE OF state ON guichet.grants
	FOR EACH ROW WHEN (OLD.state = 'pending' AND NEW.state = 'active')
	EXECUTE FUNCTION guichet.write_letter('given', '0 s');
CREATE TRIGGER letter_changed AFTER UPDATE OF details ON guichet.grants
	FOR EACH ROW WHEN (OLD.details IS DISTINCT FROM NEW.details
		AND NEW.state IN ('active', 'paused') AND OLD.state = NEW.state)
	EXECUTE FUNCTION guichet.write_letter('changed', '1 min');
CREATE TRIGGER letter_ended AFTER UPDATE OF state ON guichet.grants
	FOR EACH ROW WHEN ((OLD.state IN ('active', 'paused') OR OLD.awaits > 0)
		AND NEW.state IN ('withdrawn', 'expired'))
	EXECUTE FUNCTION guichet.write_letter('ended', '0 s');

-- Those who hold with her: asked to agree, told that she allowed it, told that
-- it ended (not by whom it was refused: he knows).
CREATE FUNCTION guichet.write_coholder() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO guichet.letter (grant_id, subject_id, kind)
	VALUES (NEW.grant_id, NEW.subject_id,
		CASE NEW.answer WHEN 'awaited' THEN 'asked' ELSE 'shared' END);
	RETURN NULL;
END $$;
CREATE TRIGGER letter_coholder AFTER INSERT ON guichet.coholder
	FOR EACH ROW WHEN (NEW.answer IN ('awaited', 'told')
		AND NEW.changed = now())
	EXECUTE FUNCTION guichet.write_coholder();
CREATE TRIGGER letter_coholder_again AFTER UPDATE OF answer ON guichet.coholder
	FOR EACH ROW WHEN (NEW.answer IN ('awaited', 'told'))
	EXECUTE FUNCTION guichet.write_coholder();
CREATE FUNCTION guichet.write_coholders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO guichet.letter (grant_id, subject_id, kind)
	SELECT NEW.id, h.subject_id, 'shared_ended'
	  FROM guichet.coholder AS h
	 WHERE h.grant_id = NEW.id AND h.answer <> 'refused';
	RETURN NULL;
END $$;
CREATE TRIGGER letter_shared_ended AFTER UPDATE OF state ON guichet.grants
	FOR EACH ROW WHEN (OLD.state IN ('active', 'paused', 'pending')
		AND NEW.state IN ('withdrawn', 'expired'))
	EXECUTE FUNCTION guichet.write_coholders();

-- Deliveries given up: told an hour later, once for all data sets, unless they
-- go on by then.
CREATE FUNCTION guichet.write_stuck() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO guichet.letter (grant_id, subject_id, kind, due)
	SELECT g.id, g.subject_id, 'stuck', now() + interval '1 hour'
	  FROM guichet.grants AS g
	 WHERE g.id = NEW.grant_id
	ON CONFLICT DO NOTHING;
	RETURN NULL;
END $$;
CREATE TRIGGER letter_stuck AFTER UPDATE OF state ON guichet.subscription
	FOR EACH ROW WHEN (OLD.state = 'active' AND NEW.state = 'dead')
	EXECUTE FUNCTION guichet.write_stuck();
-- SPDX-License-Identifier: Apache-2.0
