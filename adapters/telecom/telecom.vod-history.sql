-- SPDX-License-Identifier: Apache-2.0
-- What was watched. Adult programmes stay, and what the household asked to
-- forget is gone.
SELECT v.id_vod                                AS "order",
       l.nd                                    AS line,
       (v.debut - make_interval(mins => v.decalage)) AT TIME ZONE 'UTC'
                                               AS time,
       CASE v.action WHEN 'C' THEN 'ORDER' WHEN 'V' THEN 'VIEW' END
                                               AS action,
       CASE v.genre WHEN 'F' THEN 'FILM' WHEN 'S' THEN 'SERIES'
                    WHEN 'D' THEN 'DOCUMENTARY' WHEN 'J' THEN 'CHILDREN' END
                                               AS kind,
       v.titre                                 AS title,
       v.episode                               AS episode,
       v.duree_min                             AS length,
       v.vu_s                                  AS viewed,
       CASE v.appareil WHEN '1' THEN 'TV' WHEN '2' THEN 'TABLET'
                       WHEN '3' THEN 'PHONE' WHEN '4' THEN 'COMPUTER' END
                                               AS device,
       (v.prix_ttc_cts / 100.0)::numeric(8,2)  AS price,
       'EUR'                                   AS currency,
       v.maj_le                                AS changed
  FROM abo.ligne AS l
  JOIN tv.visionnage AS v ON v.id_ligne = l.id_ligne
 WHERE l.ref_abonne = :customer AND NOT v.adulte AND v.supprime_le IS NULL
