-- SPDX-License-Identifier: Apache-2.0
-- Trips. Stops are looked up once the page is cut.
SELECT v.id_val                                AS trip,
       CASE v.mode WHEN '1' THEN 'BUS' WHEN '2' THEN 'TRAM'
                   WHEN '3' THEN 'BICYCLE' END AS mode,
       v.ligne                                 AS route,
       (v.deb - make_interval(hours => 1 + v.hete::int)) AT TIME ZONE 'UTC'
                                               AS start,
       (v.fin - make_interval(hours => 1 + v.hete::int)) AT TIME ZONE 'UTC'
                                               AS "end",
       (SELECT a.nom FROM geo.arret AS a WHERE a.id_arret = v.arret_o)
                                               AS "origin.name",
       (SELECT a.lat FROM geo.arret AS a WHERE a.id_arret = v.arret_o)
                                               AS "origin.latitude",
       (SELECT a.lon FROM geo.arret AS a WHERE a.id_arret = v.arret_o)
                                               AS "origin.longitude",
       (SELECT a.nom FROM geo.arret AS a WHERE a.id_arret = v.arret_d)
                                               AS "destination.name",
       (SELECT a.lat FROM geo.arret AS a WHERE a.id_arret = v.arret_d)
                                               AS "destination.latitude",
       (SELECT a.lon FROM geo.arret AS a WHERE a.id_arret = v.arret_d)
                                               AS "destination.longitude",
       v.dist_m                                AS distance,
       (v.prix_cts / 100.0)::numeric(8,2)      AS price,
       'EUR'                                   AS currency,
       v.no_titre                              AS pass,
       greatest(v.maj_le, p.maj_le)            AS changed
  FROM bill.porteur AS p
  JOIN bill.validation AS v ON v.no_porteur = p.no_porteur
 WHERE p.ref_ext = :customer
