-- Whose bills were made or paid in [:since, :until).
SELECT c.id_client AS customer, f.date_maj AS changed, f.num_fac AS key
  FROM fac.facture AS f JOIN crm.contrat AS c USING (num_ctr)
 WHERE f.date_maj >= :since AND f.date_maj < :until
UNION ALL
SELECT c.id_client, g.date_maj, g.num_fac
  FROM fac.reglement AS g
  JOIN fac.facture AS f USING (num_fac) JOIN crm.contrat AS c USING (num_ctr)
 WHERE g.date_maj >= :since AND g.date_maj < :until
-- SPDX-License-Identifier: Apache-2.0
