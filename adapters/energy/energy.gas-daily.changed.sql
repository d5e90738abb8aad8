-- SPDX-License-Identifier: Apache-2.0
-- Whose gas days came in [:since, :until).
SELECT p.id_client AS customer, j.date_maj AS changed,
       j.pce || ' ' || j.jour_gazier AS key
  FROM gaz.conso_jour AS j JOIN gaz.pce AS p USING (pce)
 WHERE j.date_maj >= :since AND j.date_maj < :until
   AND j.jour_gazier BETWEEN p.date_deb AND p.date_fin
