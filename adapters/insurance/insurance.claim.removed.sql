-- SPDX-License-Identifier: Apache-2.0
-- Whose claims were deleted in [:since, :until).
SELECT c.nosoc AS customer, s.dtsup AS changed, s.nosin AS key
  FROM prod.t_sin AS s JOIN prod.t_ctr AS c USING (noctr)
 WHERE s.dtsup >= :since AND s.dtsup < :until
