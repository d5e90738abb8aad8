-- What operators watch is looked up, not counted through.
CREATE INDEX subscription_dead ON guichet.subscription (id)
	WHERE state = 'dead';
-- Does what went to this recipient count in a figure about the one that is wanted
-- (NULL: all)? What `guichet selftest` does counts nowhere, unless it is asked for.
CREATE FUNCTION guichet.counted(client text, wanted text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN wanted IS NULL
		THEN client IS DISTINCT FROM 'guichet-selftest'
		ELSE client = wanted END
$$;
-- SPDX-License-Identifier: Apache-2.0
