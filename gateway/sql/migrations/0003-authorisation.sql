-- Recipients that come by themselves and change, and consents changed in place.

-- ---- recipients ------------------------------------------------------------

ALTER TABLE guichet.client ADD jwks_uri text;
ALTER TABLE guichet.client ADD jwks_tried timestamptz;	-- when it was last asked
ALTER TABLE guichet.client DROP CONSTRAINT client_state_check;
ALTER TABLE guichet.client ADD CONSTRAINT client_state_check
	CHECK (state IN ('requested',		-- nobody has looked at it yet
		'reviewed',			-- one of two has agreed
		'admitted', 'suspended',
		'refused', 'left'));		-- for good
ALTER TABLE guichet.client ADD reviewed_by uuid;	-- who agreed first
-- What it may show to read, change and end its registration (RFC 7592).
ALTER TABLE guichet.client ADD registration_hash bytea;
ALTER TABLE guichet.client ADD software_id text;
CREATE UNIQUE INDEX ON guichet.client (registration_hash)
	WHERE registration_hash IS NOT NULL;

-- Invitations: what lets somebody register (RFC 7591, initial access token).
CREATE TABLE guichet.invitation (
	hash		bytea PRIMARY KEY,
	label		text NOT NULL,
	uses		int NOT NULL DEFAULT 1,		-- left
	admit		boolean NOT NULL DEFAULT false,	-- without a review
	expires		timestamptz NOT NULL,
	created		timestamptz NOT NULL DEFAULT now()
);
-- SPDX-License-Identifier: Apache-2.0
