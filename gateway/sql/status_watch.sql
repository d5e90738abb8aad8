-- Up to when each source was asked. -> source, dataset, mark, behind_s, watched
SELECT m.source, m.dataset, m.mark,
       greatest(0, extract(epoch FROM now() - m.mark))::bigint AS behind_s,
       coalesce(m.lease_until > now(), false) AS watched
  FROM guichet.watch_mark AS m
 ORDER BY m.source, m.dataset;
-- SPDX-License-Identifier: Apache-2.0
