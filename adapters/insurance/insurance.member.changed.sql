-- SPDX-License-Identifier: Apache-2.0
-- Whose file changed in [:since, :until).
SELECT s.nosoc AS customer, s.dtmaj AS changed, s.nosoc AS key
  FROM prod.t_soc AS s
 WHERE s.dtmaj >= :since AND s.dtmaj < :until
