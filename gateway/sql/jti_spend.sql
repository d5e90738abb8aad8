-- $1 hashes, $2 until (microseconds, as many) -> hash of each not seen before.
-- In one order, so that two workers offered the same ones cannot deadlock. The
-- commit does not wait for the disk (once.h says why).
WITH quick AS MATERIALIZED (
	SELECT set_config('synchronous_commit', 'off', true) AS commit
)
INSERT INTO guichet.jti (hash, until)
SELECT u.hash, 'epoch'::timestamptz + u.us * interval '1 microsecond'
  FROM quick, unnest($1::bytea[], $2::bigint[]) AS u (hash, us)
 WHERE quick.commit = 'off'
 ORDER BY u.hash
    ON CONFLICT DO NOTHING
RETURNING hash;
-- SPDX-License-Identifier: Apache-2.0
