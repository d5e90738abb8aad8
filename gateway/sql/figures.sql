-- -> due, late_s, dead, staged, now: what stands still, for /metrics
-- and `guichet doctor`. Counts stop at ten thousand: an alarm needs no more.
SELECT (SELECT count(*)
          FROM (SELECT FROM guichet.subscription
                 WHERE due < now() LIMIT 10000) AS d) AS due,
       (SELECT COALESCE(extract(epoch FROM now() - min(due)), 0)::bigint
          FROM (SELECT due FROM guichet.subscription
                 WHERE due < now() LIMIT 10000) AS d) AS late_s,
       (SELECT count(*)
          FROM (SELECT FROM guichet.subscription
                 WHERE state = 'dead' LIMIT 10000) AS d) AS dead,
       guichet.lines_waiting() AS staged,
       clock_timestamp() AS now;
-- SPDX-License-Identifier: Apache-2.0
