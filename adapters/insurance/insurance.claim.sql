-- SPDX-License-Identifier: Apache-2.0
-- Claims. The wall clock and its summer time make the instant.
SELECT s.nosin                                 AS claim,
       s.noctr                                 AS contract,
       CASE s.cdnat WHEN 'DDE' THEN 'WATER' WHEN 'VOL' THEN 'THEFT'
                    WHEN 'BDG' THEN 'GLASS' WHEN 'TEM' THEN 'STORM'
                    WHEN 'COL' THEN 'COLLISION' END
                                               AS kind,
       (s.surv - make_interval(hours => 1 + s.hete::int)) AT TIME ZONE 'UTC'
                                               AS occurred,
       to_date(s.dtdecl::text, 'YYYYMMDD')     AS declared,
       CASE s.cdlieu WHEN '1' THEN 'HOME' WHEN '2' THEN 'STREET'
                     WHEN '9' THEN 'ELSEWHERE' END
                                               AS place,
       s.commune                               AS city,
       CASE s.cdetat WHEN 'O' THEN 'OPEN' WHEN 'R' THEN 'PAID'
                     WHEN 'C' THEN 'CLOSED' END
                                               AS status,
       (s.mtregl / 100.0)::numeric(12,2)       AS paid,
       'EUR'                                   AS currency,
       s.dtmaj                                 AS changed
  FROM prod.t_ctr AS c
  JOIN prod.t_sin AS s ON s.noctr = c.noctr
 WHERE c.nosoc = :customer AND s.dtsup IS NULL
