-- The same, in a comparison: those held as they are were seen in this round. One
-- held otherwise is seen when it is received.
-- $1 subscription, $2 names bytea[], $3 digests bytea[], $4 round -> record
WITH seen AS (
	UPDATE guichet.memory AS m
	   SET round = $4::bigint
	  FROM unnest($2::bytea[], $3::bytea[]) AS t (record, digest)
	 WHERE m.subscription = $1::uuid AND m.record = t.record
	   AND m.digest = t.digest
	RETURNING m.record
)
SELECT record FROM seen ORDER BY record;
-- SPDX-License-Identifier: Apache-2.0
