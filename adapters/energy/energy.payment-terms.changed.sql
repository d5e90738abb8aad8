-- SPDX-License-Identifier: Apache-2.0
-- Whose terms, bills or payments changed in [:since, :until).
SELECT c.id_client AS customer, c.date_maj AS changed, c.num_ctr AS key
  FROM crm.contrat AS c
 WHERE c.date_maj >= :since AND c.date_maj < :until
UNION ALL
SELECT c.id_client, m.date_maj, c.num_ctr
  FROM fac.modalite AS m JOIN crm.contrat AS c USING (num_ctr)
 WHERE m.date_maj >= :since AND m.date_maj < :until
UNION ALL
SELECT c.id_client, f.date_maj, c.num_ctr
  FROM fac.facture AS f JOIN crm.contrat AS c USING (num_ctr)
 WHERE f.date_maj >= :since AND f.date_maj < :until
UNION ALL
SELECT c.id_client, g.date_maj, c.num_ctr
  FROM fac.reglement AS g
  JOIN fac.facture AS f USING (num_fac) JOIN crm.contrat AS c USING (num_ctr)
 WHERE g.date_maj >= :since AND g.date_maj < :until
