-- SPDX-License-Identifier: Apache-2.0
-- Whose bills were made or paid in [:since, :until).
SELECT l.ref_abonne AS customer, f.maj_le AS changed, f.no_facture AS key
  FROM fac.facture AS f JOIN abo.ligne AS l USING (id_ligne)
 WHERE f.maj_le >= :since AND f.maj_le < :until
