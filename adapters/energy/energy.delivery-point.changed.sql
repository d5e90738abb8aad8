-- SPDX-License-Identifier: Apache-2.0
-- Whose points, addresses or meters changed in [:since, :until).
SELECT c.id_client AS customer, c.date_maj AS changed, c.pdl AS key
  FROM crm.contrat AS c
 WHERE c.date_maj >= :since AND c.date_maj < :until
UNION ALL
SELECT c.id_client, a.date_maj, c.pdl
  FROM crm.adresse AS a JOIN crm.contrat AS c USING (id_adr)
 WHERE a.date_maj >= :since AND a.date_maj < :until
UNION ALL
SELECT c.id_client, m.date_maj, c.pdl
  FROM si.compteur AS m JOIN crm.contrat AS c USING (pdl)
 WHERE m.date_maj >= :since AND m.date_maj < :until
