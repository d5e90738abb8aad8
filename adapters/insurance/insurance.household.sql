-- SPDX-License-Identifier: Apache-2.0
-- The household, without the others' names (GDPR 20(4)). Its members are
-- written with it.
SELECT f.nofoy                                 AS household,
       f.nosoc                                 AS customer,
       f.nbpers                                AS people,
       m.relations                             AS "members[].relation",
       m.years                                 AS "members[].birth_year",
       f.dtmaj                                 AS changed
  FROM prod.t_foyer AS f
 CROSS JOIN LATERAL (
       SELECT array_agg(CASE x.cdlien WHEN 'C' THEN 'PARTNER'
                        WHEN 'E' THEN 'CHILD' ELSE 'OTHER' END
                        ORDER BY x.rg) AS relations,
              array_agg(x.annais ORDER BY x.rg) AS years
         FROM prod.t_memb AS x
        WHERE x.nofoy = f.nofoy) AS m
 WHERE f.nosoc = :customer
