-- SPDX-License-Identifier: Apache-2.0
-- What the household asked to forget.
SELECT v.id_vod                                AS "order",
       (v.debut - make_interval(mins => v.decalage)) AT TIME ZONE 'UTC'
                                               AS time,
       v.supprime_le                           AS changed
  FROM abo.ligne AS l
  JOIN tv.visionnage AS v ON v.id_ligne = l.id_ligne
 WHERE l.ref_abonne = :customer AND v.supprime_le IS NOT NULL
