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

-- What is to end: by its time, or because its recipient has left.
CREATE INDEX grants_due ON guichet.grants (expires)
	WHERE state IN ('active', 'pending', 'paused');
CREATE INDEX grants_held ON guichet.grants (client_id)
	WHERE state IN ('active', 'pending', 'paused');

-- Invitations: what lets somebody register (RFC 7591, initial access token).
CREATE TABLE guichet.invitation (
	hash		bytea PRIMARY KEY,
	label		text NOT NULL,
	uses		int NOT NULL DEFAULT 1,		-- left
	admit		boolean NOT NULL DEFAULT false,	-- without a review
	expires		timestamptz NOT NULL,
	created		timestamptz NOT NULL DEFAULT now()
);

-- ---- the flow, an hour at a time ------------------------------------------

-- Makes or drops one partition, whoever of the workers comes first; 0: there is
-- nothing more to do; -1: somebody stands in the way, later then. A partition that comes or goes shuts its table for the
-- time of the statement: one at a time, nobody waits for long.
CREATE FUNCTION guichet.partitions_step(hours int DEFAULT 25) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
	parent text; start timestamptz; part text;
BEGIN
	IF NOT pg_try_advisory_xact_lock(hashtext('guichet partitions')) THEN
		RETURN 0;
	END IF;
	-- the hours that are near first, of every table
	FOR i IN -2 .. hours LOOP
		FOREACH parent IN ARRAY ARRAY['pushed_request', 'code',
		    'access_token', 'jti', 'session'] LOOP
			CONTINUE WHEN parent <> 'session' AND i > 4;
			start := date_trunc('hour', now(), 'UTC') + make_interval(hours => i);
			part := parent || to_char(start AT TIME ZONE 'UTC', '_YYYYMMDDHH24');
			CONTINUE WHEN to_regclass('guichet.' || part) IS NOT NULL;
			-- attached, it stands in nobody's way; PARTITION OF would
			EXECUTE format('CREATE TABLE guichet.%I (LIKE guichet.%I'
			    ' INCLUDING ALL)', part, parent);
			EXECUTE format('ALTER TABLE guichet.%I ATTACH PARTITION'
			    ' guichet.%I FOR VALUES FROM (%L) TO (%L)', parent,
			    part, start, start + interval '1 hour');
			RETURN 1;
		END LOOP;
	END LOOP;
	FOREACH parent IN ARRAY ARRAY['pushed_request', 'code', 'access_token',
	    'jti', 'session'] LOOP
		SELECT c.relname INTO part
		  FROM pg_inherits AS i
		  JOIN pg_class AS c ON c.oid = i.inhrelid
		 WHERE i.inhparent = ('guichet.' || parent)::regclass
		   AND c.relname < parent || to_char((now() - interval '3 hours')
			AT TIME ZONE 'UTC', '_YYYYMMDDHH24')
		 LIMIT 1;
		CONTINUE WHEN NOT FOUND;
		-- whoever comes while this one waits for the table waits too:
		-- not for long. The files go behind the commit, unlocked.
		PERFORM set_config('lock_timeout', '25ms', true);
		BEGIN
			EXECUTE format('DROP TABLE guichet.%I', part);
		EXCEPTION WHEN lock_not_available THEN
			RETURN -1;
		END;
		RETURN 1;
	END LOOP;
	RETURN 0;
END $$;
-- SPDX-License-Identifier: Apache-2.0
