-- SPDX-License-Identifier: Apache-2.0
-- Parking sessions: the middle of the plate stays where it is.
SELECT s.id_session                            AS session,
       s.zone                                  AS zone,
       CASE s.genre WHEN 'V' THEN 'STREET' WHEN 'P' THEN 'CAR_PARK' END
                                               AS kind,
       (s.deb - make_interval(hours => 1 + s.hete::int)) AT TIME ZONE 'UTC'
                                               AS start,
       (s.deb - make_interval(hours => 1 + s.hete::int, mins => -s.duree_min))
           AT TIME ZONE 'UTC'                  AS "end",
       left(s.plaque, 3) || '•••' || right(s.plaque, 3)
                                               AS plate,
       (s.prix_cts / 100.0)::numeric(8,2)      AS price,
       'EUR'                                   AS currency,
       s.maj_le                                AS changed
  FROM bill.porteur AS p
  JOIN stat.session AS s ON s.no_porteur = p.no_porteur
 WHERE p.ref_ext = :customer
