-- What a comparison has not seen: the source no longer has it.
-- $1 subscription, $2 round, $3 rows at most -> record
SELECT m.record
  FROM guichet.memory AS m
 WHERE m.subscription = $1::uuid AND m.round < $2::bigint
   AND m.digest <> ''
 ORDER BY m.record
 LIMIT $3::bigint;
-- SPDX-License-Identifier: Apache-2.0
