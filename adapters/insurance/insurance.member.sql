-- SPDX-License-Identifier: Apache-2.0
-- One record per member.
SELECT s.nosoc                                 AS customer,
       'Mutuelle du Roseau'                    AS vendor,
       CASE s.cdtit WHEN '2' THEN 'MS' WHEN '1' THEN 'MR' END
                                               AS title,
       s.pren                                  AS given_name,
       s.nom                                   AS family_name,
       to_date(s.dtnais::text, 'YYYYMMDD')     AS birth_date,
       CASE s.cdprof WHEN '1' THEN 'EMPLOYEE' WHEN '2' THEN 'SELF_EMPLOYED'
                     WHEN '3' THEN 'STUDENT' WHEN '7' THEN 'RETIRED'
                     WHEN '9' THEN 'OTHER' END AS profession,
       CASE s.cdfam WHEN 'S' THEN 'SINGLE' WHEN 'C' THEN 'COUPLE' END
                                               AS family_situation,
       s.mel                                   AS email,
       s.tel                                   AS phone,
       s.adr1                                  AS "address.street",
       s.adr2                                  AS "address.complement",
       s.cpost                                 AS "address.postcode",
       s.bdist                                 AS "address.city",
       'FR'                                    AS "address.country",
       to_date(s.dtadh::text, 'YYYYMMDD')      AS since,
       s.dtmaj                                 AS changed
  FROM prod.t_soc AS s
 WHERE s.nosoc = :customer
