-- SPDX-License-Identifier: Apache-2.0
-- Whose water days came in [:since, :until).
SELECT b.id_client AS customer, j.date_maj AS changed,
       j.compteur || ' ' || j.jour AS key
  FROM eau.releve_jour AS j JOIN eau.abonne AS b USING (compteur)
 WHERE j.date_maj >= :since AND j.date_maj < :until
   AND j.jour BETWEEN b.date_deb AND b.date_fin
