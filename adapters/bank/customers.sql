-- SPDX-License-Identifier: Apache-2.0
-- Who may take part, or why not.
SELECT p.id_pers                               AS customer,
       CASE WHEN p.opposition THEN 'opposition'
            WHEN p.protege THEN 'guardianship'
            WHEN p.date_naiss > current_date - interval '18 years' THEN 'minor'
            END                                AS reason,
       p.courriel                              AS email,
       p.langue                                AS language,
       -- a joint account: either may act, the other is told and may object
       (SELECT jsonb_agg(DISTINCT jsonb_build_object(
                  'customer', o.id_pers, 'agree', 'any',
                  'datasets', ARRAY['bank.account', 'bank.transaction']))
          FROM cpt.titulaire AS t
          JOIN cpt.titulaire AS o ON o.id_cpt = t.id_cpt
                                 AND o.id_pers <> t.id_pers
         WHERE t.id_pers = p.id_pers)          AS coholders
  FROM tit.personne AS p
 WHERE p.id_pers = :customer
