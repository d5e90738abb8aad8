-- SPDX-License-Identifier: Apache-2.0
-- What PIMS tell us of records.

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
