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

-- ---- checkpoints -----------------------------------------------------------

-- The last one of a day or of an hour, for exports.
CREATE INDEX ON guichet.journal_note (log, signed);
