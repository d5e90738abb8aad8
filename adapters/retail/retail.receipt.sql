-- SPDX-License-Identifier: Apache-2.0
-- Receipts. Who was at the till stays there.
SELECT t.id_ticket                             AS receipt,
       t.magasin                               AS store,
       t.caisse                                AS till,
       (t.h_local - make_interval(hours => 1 + t.hete::int)) AT TIME ZONE 'UTC'
                                               AS time,
       t.nb_art                                AS articles,
       (t.total_cts / 100.0)::numeric(10,2)    AS total,
       (t.bons_cts / 100.0)::numeric(10,2)     AS discount,
       ((t.total_cts - t.bons_cts) / 100.0)::numeric(10,2)
                                               AS paid,
       'EUR'                                   AS currency,
       t.canal = 'W'                           AS online,
       t.pts                                   AS points,
       CASE WHEN t.annule_le IS NULL THEN 'VALID' ELSE 'CANCELLED' END
                                               AS status,
       t.dt_maj                                AS changed
  FROM fid.carte AS c
  JOIN caisse.ticket AS t ON t.no_carte = c.no_carte
 WHERE c.ref_client = :customer
