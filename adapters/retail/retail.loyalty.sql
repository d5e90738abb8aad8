-- SPDX-License-Identifier: Apache-2.0
-- The card, its points, and what its holder agreed to receive.
SELECT c.no_carte                              AS card,
       c.ref_client                            AS customer,
       'Coopérative du Grand Pré'              AS vendor,
       CASE c.etat WHEN 'A' THEN 'ACTIVE' WHEN 'B' THEN 'BLOCKED' END
                                               AS status,
       c.dt_ouv                                AS since,
       c.pts                                   AS points,
       c.opt_mail = 'O'                        AS by_email,
       c.opt_tel = 'O'                         AS by_phone,
       CASE c.segment WHEN '1' THEN 'REGULAR' WHEN '2' THEN 'OCCASIONAL'
                      WHEN '3' THEN 'NEW' END  AS segment,
       c.dt_maj                                AS changed
  FROM fid.carte AS c
 WHERE c.ref_client = :customer AND c.sup_le IS NULL
