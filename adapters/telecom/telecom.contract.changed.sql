-- Whose contracts changed in [:since, :until): one question per joined table.
SELECT ref_abonne AS customer, maj_le AS changed, num_contrat AS key
  FROM abo.ligne
 WHERE maj_le >= :since AND maj_le < :until
UNION ALL
SELECT l.ref_abonne, a.maj_le, l.num_contrat
  FROM abo.abonne AS a JOIN abo.ligne AS l USING (ref_abonne)
 WHERE a.maj_le >= :since AND a.maj_le < :until
UNION ALL
SELECT l.ref_abonne, f.maj_le, l.num_contrat
  FROM cat.forfait AS f JOIN abo.ligne AS l USING (code_forfait)
 WHERE f.maj_le >= :since AND f.maj_le < :until
UNION ALL
SELECT l.ref_abonne, o.maj_le, l.num_contrat
  FROM abo.option_ligne AS o JOIN abo.ligne AS l USING (id_ligne)
 WHERE o.maj_le >= :since AND o.maj_le < :until
-- SPDX-License-Identifier: Apache-2.0
