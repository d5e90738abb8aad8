-- Calls and messages. The instant is the local wall clock less its offset. The
-- other person did not consent to anything: the last four digits of their
-- number never leave this database (GDPR 20(4)). Code tables are looked up in
-- the select list: once the page is cut, for its calls alone.
SELECT c.id_appel                              AS call,
       l.nd                                    AS line,
       (c.debut - make_interval(mins => c.decalage)) AT TIME ZONE 'UTC'
                                               AS start,
       CASE c.sens WHEN 'S' THEN 'OUTGOING' WHEN 'E' THEN 'INCOMING' END
                                               AS direction,
       CASE c.type_com WHEN 'V' THEN 'VOICE'
                       WHEN 'S' THEN 'SMS'
                       WHEN 'M' THEN 'MMS' END AS kind,
       CASE WHEN c.type_corr IN ('S', 'R') THEN c.correspondant
            ELSE left(c.correspondant, -4) || 'XXXX' END
                                               AS partner,
       CASE c.type_corr WHEN 'M' THEN 'MOBILE'
                        WHEN 'F' THEN 'FIXED'
                        WHEN 'E' THEN 'ABROAD'
                        WHEN 'S' THEN 'SERVICE'
                        WHEN 'R' THEN 'VOICE_MAIL' END
                                               AS partner_kind,
       c.duree_s                               AS duration,
       CASE c.techno WHEN 'W' THEN 'WIFI'
                     WHEN 'F' THEN 'FIXED'
                     ELSE c.techno || 'G' END  AS network,
       (SELECT k.latitude FROM cdr.cellule AS k
         WHERE k.id_cellule = c.id_cellule)    AS "cell.latitude",
       (SELECT k.longitude FROM cdr.cellule AS k
         WHERE k.id_cellule = c.id_cellule)    AS "cell.longitude",
       c.pays                                  AS country,
       (SELECT n.code_norme FROM cdr.cause AS n
         WHERE n.code_cause = c.code_cause)    AS end_cause,
       (c.cout_cts / 100.0)::numeric(8,2)      AS cost,
       'EUR'                                   AS currency,
       greatest(c.maj_le, l.maj_le)            AS changed
  FROM abo.ligne AS l
  JOIN cdr.appel AS c ON c.id_ligne = l.id_ligne
 WHERE l.ref_abonne = :customer
-- SPDX-License-Identifier: Apache-2.0
