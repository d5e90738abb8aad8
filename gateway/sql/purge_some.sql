-- (writes) $1 log, $2 ids before this one, $3 at most -> purged
SELECT guichet.journal_purge($1::int, $2::uuid, $3::int) AS purged;
-- SPDX-License-Identifier: Apache-2.0
