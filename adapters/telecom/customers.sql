-- Who may take part, or why not.
SELECT a.ref_abonne                            AS customer,
       CASE WHEN a.opposition THEN 'opposition'
            WHEN a.ne_le > current_date - interval '18 years' THEN 'minor'
            WHEN NOT EXISTS (SELECT FROM abo.ligne AS l
                              WHERE l.ref_abonne = a.ref_abonne
                                AND coalesce(l.fermee_le, 'infinity')
                                    > current_date - interval '2 years')
            THEN 'left' END                    AS reason,
       a.courriel                              AS email,
       a.langue                                AS language
  FROM abo.abonne AS a
 WHERE a.ref_abonne = :customer
-- SPDX-License-Identifier: Apache-2.0
