-- SPDX-License-Identifier: Apache-2.0
-- Whose accounts changed, or got another holder, in [:since, :until).
SELECT t.id_pers AS customer, c.maj AS changed, c.id_cpt AS key
  FROM cpt.compte AS c JOIN cpt.titulaire AS t USING (id_cpt)
 WHERE c.maj >= :since AND c.maj < :until
UNION ALL
SELECT t.id_pers, t.maj, t.id_cpt
  FROM cpt.titulaire AS t
 WHERE t.maj >= :since AND t.maj < :until
