-- SPDX-License-Identifier: Apache-2.0
-- A point for each contract, with the meter that was the last of its time.
SELECT c.pdl                                   AS usage_point,
       'C5'                                    AS segment,
       a.ligne4                                AS "address.street",
       a.ligne2                                AS "address.complement",
       a.cp                                    AS "address.postcode",
       a.ville                                 AS "address.city",
       'FR'                                    AS "address.country",
       c.puis_sous                             AS subscribed_power,
       m.plage_hc                              AS time_slot,
       m.producteur                            AS producer,
       m.matricule                             AS "meter.serial",
       CASE m.type_cpt WHEN 'MEC' THEN 'MECHANICAL'
                       WHEN 'ELE' THEN 'ELECTRONIC'
                       WHEN 'COM' THEN 'SMART' END
                                               AS "meter.type",
       m.date_pose                             AS "meter.installed",
       c.date_deb                              AS held_from,
       nullif(c.date_fin, DATE '9999-12-31')   AS held_to,
       greatest(c.date_maj, a.date_maj, m.date_maj) AS changed
  FROM crm.contrat AS c
  JOIN crm.adresse AS a ON a.id_adr = c.id_adr
  JOIN LATERAL (
       SELECT *
         FROM si.compteur AS x
        WHERE x.pdl = c.pdl AND x.date_pose <= c.date_fin
        ORDER BY x.date_pose DESC LIMIT 1) AS m ON true
 WHERE c.id_client = :customer
