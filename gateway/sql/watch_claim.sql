-- This data set is ours to watch for a while, unless another host has it. A
-- first mark is the horizon of that moment: what came before is history, which
-- each subscription reads by itself.
-- $1 source, $2 data set, $3 owner, $4 lease in seconds, $5 the horizon
-- -> mark, place, place_n, origin; no row: another one watches
INSERT INTO guichet.watch_mark AS m (source, dataset, mark, owner, lease_until)
VALUES ($1::text, $2::text, $5::timestamptz, $3::text,
       now() + $4::bigint * interval '1 second')
    ON CONFLICT (source, dataset) DO UPDATE
   SET owner = $3::text, lease_until = now() + $4::bigint * interval '1 second'
 WHERE m.owner = $3::text OR m.lease_until IS NULL OR m.lease_until < now()
RETURNING mark, place, place_n, origin;
-- SPDX-License-Identifier: Apache-2.0
