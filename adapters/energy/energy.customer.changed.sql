-- SPDX-License-Identifier: Apache-2.0
-- Whose customer file changed in [:since, :until).
SELECT i.id_client AS customer, i.date_maj AS changed, i.id_client AS key
  FROM crm.client AS i
 WHERE i.date_maj >= :since AND i.date_maj < :until
UNION ALL
SELECT c.id_client, c.date_maj, c.id_client
  FROM crm.contrat AS c
 WHERE c.date_maj >= :since AND c.date_maj < :until
UNION ALL
SELECT c.id_client, a.date_maj, c.id_client
  FROM crm.adresse AS a JOIN crm.contrat AS c USING (id_adr)
 WHERE a.date_maj >= :since AND a.date_maj < :until
