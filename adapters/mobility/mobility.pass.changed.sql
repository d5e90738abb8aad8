-- SPDX-License-Identifier: Apache-2.0
-- Whose passes, or their card or product, changed in [:since, :until).
SELECT p.ref_ext AS customer, t.maj_le AS changed, t.no_titre AS key
  FROM bill.titre AS t JOIN bill.porteur AS p USING (no_porteur)
 WHERE t.maj_le >= :since AND t.maj_le < :until
UNION ALL
SELECT p.ref_ext, p.maj_le, p.no_carte
  FROM bill.porteur AS p
 WHERE p.maj_le >= :since AND p.maj_le < :until
UNION ALL
SELECT p.ref_ext, d.maj_le, t.no_titre
  FROM bill.produit AS d JOIN bill.titre AS t USING (code_prod)
  JOIN bill.porteur AS p USING (no_porteur)
 WHERE d.maj_le >= :since AND d.maj_le < :until
