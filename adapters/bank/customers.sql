-- SPDX-License-Identifier: Apache-2.0
-- Who may take part, or why not.
SELECT p.id_pers                               AS customer,
       CASE WHEN p.opposition THEN 'opposition'
            WHEN p.protege THEN 'guardianship'
            WHEN p.date_naiss > current_date - interval '18 years' THEN 'minor'
            END                                AS reason,
       p.courriel                              AS email,
       p.langue                                AS language
  FROM tit.personne AS p
 WHERE p.id_pers = :customer
