-- SPDX-License-Identifier: Apache-2.0
-- Who may take part, or why not.
SELECT s.nosoc                                 AS customer,
       CASE WHEN s.opp = '1' THEN 'opposition'
            WHEN s.tut = '1' THEN 'guardianship'
            WHEN to_date(s.dtnais::text, 'YYYYMMDD')
                 > current_date - interval '18 years' THEN 'minor'
            WHEN NOT EXISTS (SELECT FROM prod.t_ctr AS c
                              WHERE c.nosoc = s.nosoc AND (c.dtres = 0
                                 OR to_date(c.dtres::text, 'YYYYMMDD')
                                    > current_date - interval '2 years'))
            THEN 'left' END                    AS reason,
       s.mel                                   AS email,
       'fr'                                    AS language
  FROM prod.t_soc AS s
 WHERE s.nosoc = :customer
