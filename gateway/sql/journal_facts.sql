-- (writes) $1 lines at most, $2 time zone -> done: decodes the next lines for pages
-- and reports
SELECT guichet.journal_facts($1::int, $2::text) AS done;
-- SPDX-License-Identifier: Apache-2.0
