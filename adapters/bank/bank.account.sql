-- SPDX-License-Identifier: Apache-2.0
-- The accounts somebody holds, alone or with another.
SELECT c.id_cpt                                AS account,
       t.id_pers                               AS customer,
       'Banque de l''Estuaire'                 AS vendor,
       CASE c.type_cpt WHEN 'CC' THEN 'CHECKING' WHEN 'CJ' THEN 'CHECKING'
                       WHEN 'LI' THEN 'SAVINGS' END
                                               AS kind,
       c.intitule                              AS label,
       right(c.iban, 4)                        AS number_end,
       c.type_cpt = 'CJ'                       AS shared,
       c.date_ouv                              AS opened,
       c.date_clo                              AS closed,
       c.solde                                 AS balance,
       c.date_solde                            AS balance_on,
       'EUR'                                   AS currency,
       greatest(c.maj, t.maj)                  AS changed
  FROM cpt.titulaire AS t
  JOIN cpt.compte AS c ON c.id_cpt = t.id_cpt
 WHERE t.id_pers = :customer
