-- SPDX-License-Identifier: Apache-2.0
-- Contracts that were not deleted, with what they insure. What is insured is
-- written with its contract and never touched afterwards.
SELECT c.noctr                                 AS contract,
       c.nosoc                                 AS customer,
       'Mutuelle du Roseau'                    AS vendor,
       CASE f.cdgar WHEN 'HAB' THEN 'HOME' WHEN 'AUT' THEN 'CAR'
                    WHEN 'GAV' THEN 'LIABILITY' END
                                               AS kind,
       f.cdform                                AS "formula.code",
       f.lib                                   AS "formula.name",
       (c.mtprim / 100.0)::numeric(12,2)       AS premium,
       'EUR'                                   AS currency,
       to_date(c.dteff::text, 'YYYYMMDD')      AS start,
       CASE WHEN c.dtres > 0 THEN to_date(c.dtres::text, 'YYYYMMDD') END
                                               AS "end",
       CASE WHEN c.dtres = 0 THEN 'ACTIVE' ELSE 'ENDED' END
                                               AS status,
       o.kinds                                 AS "insured[].kind",
       o.labels                                AS "insured[].label",
       o.starts                                AS "insured[].since",
       greatest(c.dtmaj, f.dtmaj)              AS changed
  FROM prod.t_ctr AS c
  JOIN prod.t_form AS f ON f.cdform = c.cdform
 CROSS JOIN LATERAL (
       SELECT array_agg(CASE x.cdobj WHEN 'H' THEN 'HOME'
                        WHEN 'V' THEN 'VEHICLE' WHEN 'P' THEN 'PERSON' END
                        ORDER BY x.rg) AS kinds,
              array_agg(x.lib ORDER BY x.rg) AS labels,
              array_agg(to_date(x.dteff::text, 'YYYYMMDD') ORDER BY x.rg)
                        AS starts
         FROM prod.t_obj AS x
        WHERE x.noctr = c.noctr) AS o
 WHERE c.nosoc = :customer AND c.dtsup IS NULL
