-- SPDX-License-Identifier: Apache-2.0
-- Contracts that were deleted.
SELECT c.noctr                                 AS contract,
       c.dtsup                                 AS changed
  FROM prod.t_ctr AS c
 WHERE c.nosoc = :customer AND c.dtsup IS NOT NULL
