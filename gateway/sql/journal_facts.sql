-- (writes) $1 lines at most -> done: decodes the next lines for pages and reports
SELECT guichet.journal_facts($1::int) AS done;
-- SPDX-License-Identifier: Apache-2.0
