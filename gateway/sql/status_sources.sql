-- What each host asked of each source in the last seconds.
-- -> source, host, per_s10 (tenths), bound, waited_ms (a question, on average)
SELECT l.source, l.host, l.asked * 10000 / greatest(l.ms, 1) AS per_s10, l.bound,
       l.waited_ms / greatest(l.asked, 1) AS waited_ms
  FROM guichet.source_load AS l
 WHERE l.at > now() - interval '1 minute'
 ORDER BY l.source, l.host;
-- SPDX-License-Identifier: Apache-2.0
