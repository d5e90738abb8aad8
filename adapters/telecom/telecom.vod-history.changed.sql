-- SPDX-License-Identifier: Apache-2.0
-- Who watched something in [:since, :until).
SELECT l.ref_abonne AS customer, v.maj_le AS changed, v.id_vod AS key
  FROM tv.visionnage AS v JOIN abo.ligne AS l USING (id_ligne)
 WHERE v.maj_le >= :since AND v.maj_le < :until
