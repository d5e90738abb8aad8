-- Whose calls arrived or were valued again in [:since, :until). A line that
-- gets another number or holder changes all its calls.
SELECT l.ref_abonne AS customer, greatest(c.maj_le, l.maj_le) AS changed,
       c.id_appel AS key
  FROM cdr.appel AS c JOIN abo.ligne AS l USING (id_ligne)
 WHERE c.maj_le >= :since AND c.maj_le < :until
UNION ALL
SELECT l.ref_abonne, l.maj_le, l.num_contrat
  FROM abo.ligne AS l
 WHERE l.maj_le >= :since AND l.maj_le < :until
-- SPDX-License-Identifier: Apache-2.0
