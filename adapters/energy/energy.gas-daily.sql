-- SPDX-License-Identifier: Apache-2.0
-- One record per gas day, which begins at six, local time.
SELECT j.pce                                   AS usage_point,
       j.jour_gazier                           AS day,
       (j.jour_gazier + time '06:00') AT TIME ZONE 'Europe/Paris'
                                               AS start,
       (j.jour_gazier + 1 + time '06:00') AT TIME ZONE 'Europe/Paris'
                                               AS "end",
       j.vol_m3                                AS volume,
       j.pcs                                   AS coefficient,
       round(j.vol_m3 * j.pcs, 3)              AS energy,
       j.index_m3                              AS index,
       j.date_maj                              AS changed
  FROM gaz.pce AS p
  JOIN gaz.conso_jour AS j
    ON j.pce = p.pce AND j.jour_gazier BETWEEN p.date_deb AND p.date_fin
 WHERE p.id_client = :customer
