-- SPDX-License-Identifier: Apache-2.0
-- -> since, given, withdrawn, live, recipients, delay (seconds), size, signed:
-- what the commitments' page shows. NULL: nothing to tell yet.
SELECT min(g.created) AS since, count(*) AS given,
       count(*) FILTER (WHERE g.state = 'withdrawn') AS withdrawn,
       count(*) FILTER (WHERE g.state = 'active' AND g.expires > now()) AS live,
       (SELECT count(*) FROM guichet.client
	 WHERE state = 'admitted' AND guichet.counted(id, NULL)) AS recipients,
       (SELECT extract(epoch FROM now() - min(mark))::bigint
	  FROM guichet.watch_mark) AS delay,
       (SELECT max(size) FROM guichet.journal_note WHERE log = 0) AS size,
       (SELECT signed FROM guichet.journal_note WHERE log = 0
	 ORDER BY size DESC LIMIT 1) AS signed
  FROM guichet.grants AS g
 WHERE guichet.counted(g.client_id, NULL);
