-- SPDX-License-Identifier: Apache-2.0
-- Whose card changed in [:since, :until).
SELECT c.ref_client AS customer, c.dt_maj AS changed, c.no_carte AS key
  FROM fid.carte AS c
 WHERE c.dt_maj >= :since AND c.dt_maj < :until
