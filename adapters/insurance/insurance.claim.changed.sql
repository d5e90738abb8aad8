-- SPDX-License-Identifier: Apache-2.0
-- Whose claims moved in [:since, :until).
SELECT c.nosoc AS customer, s.dtmaj AS changed, s.nosin AS key
  FROM prod.t_sin AS s JOIN prod.t_ctr AS c USING (noctr)
 WHERE s.dtmaj >= :since AND s.dtmaj < :until
