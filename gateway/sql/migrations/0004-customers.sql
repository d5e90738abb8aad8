-- The customer's side: how she signed in.

-- When, and how strongly (OpenID Connect's auth_time and acr).
ALTER TABLE guichet.session
	ADD auth_time	timestamptz NOT NULL DEFAULT now(),
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
-- SPDX-License-Identifier: Apache-2.0
