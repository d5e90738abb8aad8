-- SPDX-License-Identifier: Apache-2.0
-- Receipts article by article: a line changes with its receipt.
SELECT l.id_ticket                             AS receipt,
       l.rg                                    AS line,
       (t.h_local - make_interval(hours => 1 + t.hete::int)) AT TIME ZONE 'UTC'
                                               AS time,
       l.ean                                   AS barcode,
       l.lib                                   AS label,
       l.qte                                   AS quantity,
       CASE l.vente WHEN 'P' THEN 'ITEM' WHEN 'K' THEN 'KG' END
                                               AS unit,
       (l.pu_cts / 100.0)::numeric(10,2)       AS price,
       (l.mt_cts / 100.0)::numeric(10,2)       AS amount,
       CASE l.rayon WHEN '10' THEN 'FRESH' WHEN '20' THEN 'GROCERY'
                    WHEN '30' THEN 'DRINKS' WHEN '40' THEN 'BAKERY'
                    WHEN '50' THEN 'HOME' END  AS section,
       t.dt_maj                                AS changed
  FROM fid.carte AS c
  JOIN caisse.ticket AS t ON t.no_carte = c.no_carte
  JOIN caisse.ligne AS l ON l.id_ticket = t.id_ticket
 WHERE c.ref_client = :customer
