-- SPDX-License-Identifier: Apache-2.0
-- Whose contracts, or formulas, changed in [:since, :until).
SELECT c.nosoc AS customer, c.dtmaj AS changed, c.noctr AS key
  FROM prod.t_ctr AS c
 WHERE c.dtmaj >= :since AND c.dtmaj < :until
UNION ALL
SELECT c.nosoc, f.dtmaj, c.noctr
  FROM prod.t_form AS f JOIN prod.t_ctr AS c USING (cdform)
 WHERE f.dtmaj >= :since AND f.dtmaj < :until
