-- SPDX-License-Identifier: Apache-2.0
-- The highest step of each day; the calendar turns its rank into an instant.
SELECT k.pdl                                   AS usage_point,
       k.jour                                  AS day,
       si.sommet(k.soutirage) * (60 / k.pas_min) AS power,
       cal.horodates[array_position(k.soutirage, si.sommet(k.soutirage))]
                                               AS at,
       'PT' || k.pas_min || 'M'                AS step,
       greatest(k.date_maj, r.date_maj)        AS changed
  FROM crm.rattachement AS r
  JOIN si.courbe_jour AS k
    ON k.pdl = r.pdl AND k.jour BETWEEN r.date_deb AND r.date_fin AND k.courante
  JOIN ref.calendrier AS cal
    ON cal.jour = k.jour AND cal.pas_min = k.pas_min
 WHERE r.id_client = :customer
