-- SPDX-License-Identifier: Apache-2.0
-- Whose statements came in [:since, :until).
SELECT c.id_client AS customer, f.date_maj AS changed, f.num_fac AS key
  FROM fac.facture AS f JOIN crm.contrat AS c USING (num_ctr)
 WHERE f.date_maj >= :since AND f.date_maj < :until
