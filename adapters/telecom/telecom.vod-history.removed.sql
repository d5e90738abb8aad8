-- SPDX-License-Identifier: Apache-2.0
-- What was forgotten in [:since, :until).
SELECT l.ref_abonne AS customer, v.supprime_le AS changed, v.id_vod AS key
  FROM tv.visionnage AS v JOIN abo.ligne AS l USING (id_ligne)
 WHERE v.supprime_le >= :since AND v.supprime_le < :until
