-- SPDX-License-Identifier: Apache-2.0
-- One record per meter and day. The index is kept in litres.
SELECT j.compteur                              AS meter,
       j.jour                                  AS day,
       'P1D'                                   AS step,
       j.litres                                AS volume,
       (j.index_l / 1000.0)::numeric(12,3)     AS index,
       CASE j.nature WHEN 'R' THEN 'MEASURED' WHEN 'E' THEN 'ESTIMATED' END
                                               AS quality,
       j.fuite                                 AS leak,
       j.date_maj                              AS changed
  FROM eau.abonne AS b
  JOIN eau.releve_jour AS j
    ON j.compteur = b.compteur AND j.jour BETWEEN b.date_deb AND b.date_fin
 WHERE b.id_client = :customer
