-- SPDX-License-Identifier: Apache-2.0
-- Passes and tickets by ten, with the name they are sold by.
SELECT t.no_titre                              AS pass,
       p.no_carte                              AS card,
       p.ref_ext                               AS customer,
       'Réseau Hirondelle'                     AS vendor,
       d.libelle                               AS product,
       d.genre                                 AS kind,
       CASE p.profil WHEN 'P' THEN 'FULL' WHEN 'J' THEN 'YOUTH'
                     WHEN 'S' THEN 'SENIOR' END
                                               AS rider,
       t.debut                                 AS start,
       t.fin                                   AS "end",
       (t.prix_cts / 100.0)::numeric(8,2)      AS price,
       'EUR'                                   AS currency,
       t.solde                                 AS left,
       greatest(t.maj_le, p.maj_le, d.maj_le)  AS changed
  FROM bill.porteur AS p
  JOIN bill.titre AS t ON t.no_porteur = p.no_porteur
  JOIN bill.produit AS d ON d.code_prod = t.code_prod
 WHERE p.ref_ext = :customer
