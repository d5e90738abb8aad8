-- One record per meter and local day. Values come by rank; the calendar turns
-- ranks into instants. A customer sees the days on which the point was theirs.
-- The calendar never changes; a row does with its data or its holder. This is
-- read most of all: no subquery, so that a day costs one short index walk.
SELECT k.pdl                                   AS usage_point,
       k.jour                                  AS day,
       'PT' || k.pas_min || 'M'                AS step,
       k.conso_wh                              AS total,
       cal.horodates                           AS "readings[].start",
       k.soutirage                             AS "readings[].energy",
       k.injection                             AS "readings[].injected",
       CASE WHEN k.natures IS NULL
            THEN array_fill('MEASURED'::text, ARRAY[cardinality(k.soutirage)])
            ELSE string_to_array(upper(replace(replace(replace(
                 array_to_string(k.natures, ','), 'R', 'measured'),
                 'E', 'estimated'), 'C', 'corrected')), ',')
       END                                     AS "readings[].quality",
       greatest(k.date_maj, r.date_maj)        AS changed
  FROM crm.rattachement AS r
  JOIN si.courbe_jour AS k
    ON k.pdl = r.pdl AND k.jour BETWEEN r.date_deb AND r.date_fin AND k.courante
  JOIN ref.calendrier AS cal
    ON cal.jour = k.jour AND cal.pas_min = k.pas_min
 WHERE r.id_client = :customer
-- SPDX-License-Identifier: Apache-2.0
