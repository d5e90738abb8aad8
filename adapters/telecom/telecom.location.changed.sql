-- SPDX-License-Identifier: Apache-2.0
-- Whose phone was seen in [:since, :until).
SELECT l.ref_abonne AS customer, k.maj_le AS changed,
       l.nd || ' ' || k.vu_a AS key
  FROM cdr.position AS k JOIN abo.ligne AS l USING (id_ligne)
 WHERE k.maj_le >= :since AND k.maj_le < :until
