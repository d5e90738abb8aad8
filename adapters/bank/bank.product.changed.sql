-- SPDX-License-Identifier: Apache-2.0
-- Whose products changed in [:since, :until).
SELECT d.id_pers AS customer, d.maj AS changed, d.id_prod AS key
  FROM prod.produit AS d
 WHERE d.maj >= :since AND d.maj < :until
