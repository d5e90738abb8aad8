-- (writes) One migration at a time, until the transaction ends.
SELECT pg_advisory_xact_lock(hashtext('guichet migrate'))
-- SPDX-License-Identifier: Apache-2.0
