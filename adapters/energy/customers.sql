-- Who may take part, or why not.
SELECT i.id_client                             AS customer,
       CASE WHEN i.top_opposition = 'O' THEN 'opposition'
            WHEN i.top_tutelle = 'O' THEN 'guardianship'
            WHEN i.date_nais > current_date - interval '18 years' THEN 'minor'
            WHEN NOT EXISTS (SELECT FROM crm.contrat AS c
                              WHERE c.id_client = i.id_client
                                AND c.date_fin > current_date - interval '2 years')
            THEN 'left' END                    AS reason,
       i.mail                                  AS email,
       i.langue                                AS language
  FROM crm.client AS i
 WHERE i.id_client = :customer
-- SPDX-License-Identifier: Apache-2.0
