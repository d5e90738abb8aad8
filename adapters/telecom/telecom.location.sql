-- SPDX-License-Identifier: Apache-2.0
-- Where the network saw the phone, in the local time of France.
SELECT l.nd                                    AS line,
       (k.vu_a - make_interval(mins => k.decalage)) AT TIME ZONE 'UTC'
                                               AS time,
       k.lat                                   AS latitude,
       k.lon                                   AS longitude,
       k.rayon_m                               AS radius,
       k.pays                                  AS country,
       k.maj_le                                AS changed
  FROM abo.ligne AS l
  JOIN cdr.position AS k ON k.id_ligne = l.id_ligne
 WHERE l.ref_abonne = :customer
