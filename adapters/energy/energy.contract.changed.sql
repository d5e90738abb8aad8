-- Whose contracts changed in [:since, :until): one question per joined table.
SELECT id_client AS customer, date_maj AS changed, num_ctr AS key
  FROM crm.contrat
 WHERE date_maj >= :since AND date_maj < :until
UNION ALL
SELECT c.id_client, i.date_maj, c.num_ctr
  FROM crm.client AS i JOIN crm.contrat AS c USING (id_client)
 WHERE i.date_maj >= :since AND i.date_maj < :until
UNION ALL
SELECT c.id_client, a.date_maj, c.num_ctr
  FROM crm.adresse AS a JOIN crm.contrat AS c USING (id_adr)
 WHERE a.date_maj >= :since AND a.date_maj < :until
UNION ALL
SELECT c.id_client, o.date_maj, c.num_ctr
  FROM ref.offre AS o JOIN crm.contrat AS c USING (code_off)
 WHERE o.date_maj >= :since AND o.date_maj < :until
UNION ALL
SELECT c.id_client, m.date_maj, c.num_ctr
  FROM si.compteur AS m JOIN crm.contrat AS c USING (pdl)
 WHERE m.date_maj >= :since AND m.date_maj < :until
UNION ALL
SELECT c.id_client, s.date_maj, c.num_ctr
  FROM crm.service AS s JOIN crm.contrat AS c USING (num_ctr)
 WHERE s.date_maj >= :since AND s.date_maj < :until
-- SPDX-License-Identifier: Apache-2.0
