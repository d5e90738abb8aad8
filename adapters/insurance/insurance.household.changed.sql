-- SPDX-License-Identifier: Apache-2.0
-- Whose household changed in [:since, :until).
SELECT f.nosoc AS customer, f.dtmaj AS changed, f.nofoy AS key
  FROM prod.t_foyer AS f
 WHERE f.dtmaj >= :since AND f.dtmaj < :until
