-- SPDX-License-Identifier: Apache-2.0
-- The sum of each day; the source keeps it beside the curve.
SELECT k.pdl                                   AS usage_point,
       k.jour                                  AS day,
       k.conso_wh                              AS energy,
       si.somme(k.injection)                   AS injected,
       CASE WHEN k.natures IS NULL THEN 'MEASURED'
            WHEN 'C' = ANY (k.natures) THEN 'CORRECTED'
            WHEN 'E' = ANY (k.natures) THEN 'ESTIMATED'
            ELSE 'MEASURED' END                AS quality,
       greatest(k.date_maj, r.date_maj)        AS changed
  FROM crm.rattachement AS r
  JOIN si.courbe_jour AS k
    ON k.pdl = r.pdl AND k.jour BETWEEN r.date_deb AND r.date_fin AND k.courante
 WHERE r.id_client = :customer
