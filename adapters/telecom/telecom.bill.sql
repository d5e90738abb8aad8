-- SPDX-License-Identifier: Apache-2.0
-- A bill with its lines. Amounts are kept in cents, VAT included.
SELECT f.no_facture                            AS invoice,
       'Régie de Valombre'                     AS vendor,
       l.ref_abonne                            AS customer,
       l.num_contrat                           AS contract,
       f.emise_le                              AS date,
       f.du                                    AS "period.start",
       f.au                                    AS "period.end",
       x.kinds                                 AS "lines[].kind",
       x.labels                                AS "lines[].label",
       x.quantities                            AS "lines[].quantity",
       x.amounts                               AS "lines[].amount",
       ((f.ttc_cts - f.tva_cts) / 100.0)::numeric(10,2)
                                               AS amount_without_tax,
       (f.tva_cts / 100.0)::numeric(10,2)      AS tax,
       (f.ttc_cts / 100.0)::numeric(10,2)      AS amount,
       'EUR'                                   AS currency,
       f.echeance                              AS due,
       f.payee_le                              AS paid_on,
       CASE WHEN f.payee_le IS NULL THEN 'DUE' ELSE 'PAID' END
                                               AS status,
       f.maj_le                                AS changed
  FROM abo.ligne AS l
  JOIN fac.facture AS f ON f.id_ligne = l.id_ligne
 CROSS JOIN LATERAL (
       SELECT array_agg(CASE y.nature WHEN 'FO' THEN 'PLAN'
                        WHEN 'OP' THEN 'OPTION' WHEN 'HF' THEN 'CALLS'
                        WHEN 'VD' THEN 'VIDEO' END ORDER BY y.rang) AS kinds,
              array_agg(y.libelle ORDER BY y.rang) AS labels,
              array_agg(y.quantite ORDER BY y.rang) AS quantities,
              array_agg((y.ttc_cts / 100.0)::numeric(10,2) ORDER BY y.rang)
                        AS amounts
         FROM fac.ligne AS y
        WHERE y.no_facture = f.no_facture) AS x
 WHERE l.ref_abonne = :customer
