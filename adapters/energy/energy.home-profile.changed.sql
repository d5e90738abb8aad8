-- SPDX-License-Identifier: Apache-2.0
-- Who told something of their home in [:since, :until).
SELECT c.id_client AS customer, q.date_maj AS changed, q.num_ctr AS key
  FROM crm.profil_logement AS q JOIN crm.contrat AS c USING (num_ctr)
 WHERE q.date_maj >= :since AND q.date_maj < :until
