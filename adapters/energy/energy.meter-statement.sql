-- SPDX-License-Identifier: Apache-2.0
-- What was counted between two bills.
SELECT c.pdl                                   AS usage_point,
       c.num_ctr                               AS contract,
       f.num_fac                               AS invoice,
       f.per_deb                               AS start,
       f.per_fin                               AS "end",
       (f.conso_wh / 1000.0)::numeric(14,3)    AS energy,
       CASE f.type_rel WHEN 'R' THEN 'MEASURED'
                       WHEN 'E' THEN 'ESTIMATED'
                       WHEN 'A' THEN 'DECLARED' END
                                               AS reading,
       CASE f.type_fac WHEN 'RE' THEN 'END' ELSE 'PERIODIC' END
                                               AS reason,
       f.date_maj                              AS changed
  FROM crm.contrat AS c
  JOIN fac.facture AS f ON f.num_ctr = c.num_ctr
 WHERE c.id_client = :customer AND f.type_fac <> 'AV'
