-- SPDX-License-Identifier: Apache-2.0
-- Whose trips came in [:since, :until).
SELECT p.ref_ext AS customer, v.maj_le AS changed, v.id_val AS key
  FROM bill.validation AS v JOIN bill.porteur AS p USING (no_porteur)
 WHERE v.maj_le >= :since AND v.maj_le < :until
UNION ALL
SELECT p.ref_ext, p.maj_le, p.no_carte
  FROM bill.porteur AS p
 WHERE p.maj_le >= :since AND p.maj_le < :until
