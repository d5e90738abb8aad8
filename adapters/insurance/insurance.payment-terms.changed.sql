-- SPDX-License-Identifier: Apache-2.0
-- Whose payment terms changed in [:since, :until).
SELECT r.nosoc AS customer, r.dtmaj AS changed, r.nosoc AS key
  FROM prod.t_regl AS r
 WHERE r.dtmaj >= :since AND r.dtmaj < :until
