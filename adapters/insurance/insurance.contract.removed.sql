-- SPDX-License-Identifier: Apache-2.0
-- Whose contracts were deleted in [:since, :until).
SELECT c.nosoc AS customer, c.dtsup AS changed, c.noctr AS key
  FROM prod.t_ctr AS c
 WHERE c.dtsup >= :since AND c.dtsup < :until
