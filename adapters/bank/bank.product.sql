-- SPDX-License-Identifier: Apache-2.0
-- What somebody holds at the bank, and what it costs a month.
SELECT d.id_prod                               AS product,
       d.id_pers                               AS customer,
       d.libelle                               AS label,
       CASE d.famille WHEN 'CO' THEN 'ACCOUNT' WHEN 'CB' THEN 'CARD'
                      WHEN 'EP' THEN 'SAVINGS' WHEN 'CR' THEN 'CREDIT' END
                                               AS family,
       CASE d.role WHEN 'T' THEN 'HOLDER' WHEN 'C' THEN 'CO_HOLDER' END
                                               AS role,
       d.ouverture                             AS opened,
       d.cloture                               AS closed,
       (d.frais_cts / 100.0)::numeric(8,2)     AS fee,
       'EUR'                                   AS currency,
       d.maj                                   AS changed
  FROM prod.produit AS d
 WHERE d.id_pers = :customer
