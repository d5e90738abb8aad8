-- What operators watch is looked up, not counted through.
CREATE INDEX subscription_dead ON guichet.subscription (id)
	WHERE state = 'dead';
-- SPDX-License-Identifier: Apache-2.0
