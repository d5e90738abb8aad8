-- SPDX-License-Identifier: Apache-2.0
-- Homes insured, now or once. The value of what they hold is kept in euros.
SELECT h.norsq                                 AS home,
       h.noctr                                 AS contract,
       CASE h.cdnat WHEN 'A' THEN 'FLAT' WHEN 'M' THEN 'HOUSE' END
                                               AS kind,
       CASE h.cdjur WHEN 'P' THEN 'OWNER' WHEN 'L' THEN 'TENANT' END
                                               AS tenure,
       h.nbpc                                  AS rooms,
       h.mtmob::numeric(12,2)                  AS contents,
       'EUR'                                   AS currency,
       h.adr1                                  AS "address.street",
       h.adr2                                  AS "address.complement",
       h.cpost                                 AS "address.postcode",
       h.bdist                                 AS "address.city",
       'FR'                                    AS "address.country",
       to_date(h.dteff::text, 'YYYYMMDD')      AS since,
       CASE WHEN h.dtres > 0 THEN to_date(h.dtres::text, 'YYYYMMDD') END
                                               AS until,
       greatest(h.dtmaj, c.dtmaj)              AS changed
  FROM prod.t_ctr AS c
  JOIN prod.t_hab AS h ON h.noctr = c.noctr
 WHERE c.nosoc = :customer AND c.dtsup IS NULL
