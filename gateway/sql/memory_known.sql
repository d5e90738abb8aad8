-- Which of these records does the subscription hold as they are?
-- $1 subscription, $2 names bytea[], $3 digests bytea[] ('' = gone, and told
-- so) -> record
SELECT m.record
  FROM unnest($2::bytea[], $3::bytea[]) AS t (record, digest)
  JOIN guichet.memory AS m ON m.subscription = $1::uuid AND m.record = t.record
 WHERE m.digest = t.digest
 ORDER BY m.record;
-- SPDX-License-Identifier: Apache-2.0
