-- A contract with its holder, its address, its offer, its options and the
-- meter now in place. Seven tables are joined, so it changed when the latest
-- of them did.
SELECT c.num_ctr                               AS contract,
       'Régie de Valombre'                     AS vendor,
       c.id_client                             AS customer,
       'ELECTRICITY'                           AS energy,
       c.pdl                                   AS usage_point,
       o.code_off                              AS "offer.code",
       o.lib_off                               AS "offer.name",
       CASE c.code_opt WHEN 'BASE' THEN 'BASE'
                       WHEN 'HPHC' THEN 'OFF_PEAK'
                       WHEN 'HCWE' THEN 'OFF_PEAK_WEEKEND'
                       WHEN 'TEMP' THEN 'TEMPO'
                       WHEN 'EJP'  THEN 'EJP' END
                                               AS tariff_option,
       c.puis_sous                             AS subscribed_power,
       c.date_deb                              AS start,
       nullif(c.date_fin, DATE '9999-12-31')   AS "end",
       CASE c.etat WHEN 'A' THEN 'ACTIVE'
                   WHEN 'S' THEN 'SUSPENDED'
                   WHEN 'R' THEN 'ENDED' END   AS status,
       CASE c.code_motif WHEN 'DE' THEN 'MOVED'
                         WHEN 'CF' THEN 'CHANGED_SUPPLIER'
                         WHEN 'CO' THEN 'CHANGED_OFFER'
                         WHEN 'IM' THEN 'UNPAID'
                         WHEN 'DC' THEN 'DEATH' END
                                               AS end_reason,
       CASE i.civ WHEN 'MME' THEN 'MS' WHEN 'M' THEN 'MR' END
                                               AS "holder.title",
       i.prenom                                AS "holder.given_name",
       i.nom                                   AS "holder.family_name",
       i.mail                                  AS "holder.email",
       a.ligne4                                AS "supply_address.street",
       a.ligne2                                AS "supply_address.complement",
       a.cp                                    AS "supply_address.postcode",
       a.ville                                 AS "supply_address.city",
       'FR'                                    AS "supply_address.country",
       m.matricule                             AS "meter.serial",
       CASE m.type_cpt WHEN 'MEC' THEN 'MECHANICAL'
                       WHEN 'ELE' THEN 'ELECTRONIC'
                       WHEN 'COM' THEN 'SMART' END
                                               AS "meter.type",
       m.date_pose                             AS "meter.installed",
       m.car_kwh                               AS "meter.annual_consumption",
       m.plage_hc                              AS "meter.off_peak_hours",
       c.proch_rel                             AS next_reading,
       s.names                                 AS "services[].name",
       s.starts                                AS "services[].start",
       greatest(c.date_maj, i.date_maj, a.date_maj, o.date_maj,
                m.date_maj, s.changed)         AS changed
  FROM crm.contrat AS c
  JOIN crm.client AS i ON i.id_client = c.id_client
  JOIN crm.adresse AS a ON a.id_adr = c.id_adr
  JOIN ref.offre AS o ON o.code_off = c.code_off
  LEFT JOIN LATERAL (
       SELECT *
         FROM si.compteur AS x
        WHERE x.pdl = c.pdl AND x.date_pose <= c.date_fin
        ORDER BY x.date_pose DESC LIMIT 1) AS m ON true
  LEFT JOIN LATERAL (
       SELECT array_agg(v.lib_serv ORDER BY v.date_deb, v.lib_serv) AS names,
              array_agg(v.date_deb ORDER BY v.date_deb, v.lib_serv) AS starts,
              max(v.date_maj) AS changed
         FROM crm.service AS v
        WHERE v.num_ctr = c.num_ctr) AS s ON true
 WHERE c.id_client = :customer
-- SPDX-License-Identifier: Apache-2.0
