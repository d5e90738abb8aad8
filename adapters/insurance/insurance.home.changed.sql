-- SPDX-License-Identifier: Apache-2.0
-- Whose homes, or their contracts, changed in [:since, :until).
SELECT c.nosoc AS customer, h.dtmaj AS changed, h.norsq AS key
  FROM prod.t_hab AS h JOIN prod.t_ctr AS c USING (noctr)
 WHERE h.dtmaj >= :since AND h.dtmaj < :until
UNION ALL
SELECT c.nosoc, c.dtmaj, c.noctr
  FROM prod.t_ctr AS c
 WHERE c.dtmaj >= :since AND c.dtmaj < :until
