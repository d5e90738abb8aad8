-- SPDX-License-Identifier: Apache-2.0
-- Whose card was deleted in [:since, :until).
SELECT c.ref_client AS customer, c.sup_le AS changed, c.no_carte AS key
  FROM fid.carte AS c
 WHERE c.sup_le >= :since AND c.sup_le < :until
