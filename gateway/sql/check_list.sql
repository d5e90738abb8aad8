-- -> log, asked, begun, done, size, root, ended, good, held, why: of each log the last
-- that ended and the one under way
SELECT * FROM (
	(SELECT DISTINCT ON (log) log, asked, begun, done, size, root, ended, good,
	       held, why
	  FROM guichet.journal_check WHERE ended IS NOT NULL
	 ORDER BY log, id DESC)
	 UNION ALL
	(SELECT DISTINCT ON (log) log, asked, begun, done, size, root, ended, good,
	       held, why
	  FROM guichet.journal_check WHERE ended IS NULL
	 ORDER BY log, id DESC)) AS k
 ORDER BY log, ended NULLS LAST;
-- SPDX-License-Identifier: Apache-2.0
