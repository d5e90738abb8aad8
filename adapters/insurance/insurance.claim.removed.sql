-- SPDX-License-Identifier: Apache-2.0
-- Claims that were deleted.
SELECT s.nosin                                 AS claim,
       (s.surv - make_interval(hours => 1 + s.hete::int)) AT TIME ZONE 'UTC'
                                               AS occurred,
       s.dtsup                                 AS changed
  FROM prod.t_ctr AS c
  JOIN prod.t_sin AS s ON s.noctr = c.noctr
 WHERE c.nosoc = :customer AND s.dtsup IS NOT NULL
