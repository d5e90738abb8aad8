-- -> late_s, staged, signed: what the public page /status is made of.
SELECT (SELECT COALESCE(extract(epoch FROM now() - min(due)), 0)::bigint
          FROM (SELECT due FROM guichet.subscription
                 WHERE due < now() AND state = 'active'	-- not at rest
                 LIMIT 10000) AS d) AS late_s,
       guichet.lines_waiting() AS staged,
       (SELECT max(n.signed)
          FROM generate_series(0, 1) AS l (log),
               LATERAL (SELECT signed FROM guichet.journal_note
                         WHERE log = l.log ORDER BY size DESC LIMIT 1) AS n)
           AS signed;
-- SPDX-License-Identifier: Apache-2.0
