-- SPDX-License-Identifier: Apache-2.0
-- On whose accounts something moved in [:since, :until).
SELECT t.id_pers AS customer, m.maj AS changed, m.id_mvt AS key
  FROM mvt.mouvement AS m JOIN cpt.titulaire AS t USING (id_cpt)
 WHERE m.maj >= :since AND m.maj < :until
UNION ALL
SELECT t.id_pers, t.maj, t.id_cpt
  FROM cpt.titulaire AS t
 WHERE t.maj >= :since AND t.maj < :until
