-- A bill with its lines and its payment. Amounts are kept in cents and leave
-- as euros. Lines are written with their bill and never touched afterwards.
SELECT f.num_fac                               AS invoice,
       'Régie de Valombre'                     AS vendor,
       c.id_client                             AS customer,
       f.num_ctr                               AS contract,
       CASE f.type_fac WHEN 'CY' THEN 'CYCLIC'
                       WHEN 'IN' THEN 'INTERMEDIATE'
                       WHEN 'RE' THEN 'FINAL'
                       WHEN 'AV' THEN 'CREDIT_NOTE' END
                                               AS kind,
       f.date_fac                              AS date,
       f.per_deb                               AS "period.start",
       f.per_fin                               AS "period.end",
       CASE f.type_rel WHEN 'R' THEN 'MEASURED'
                       WHEN 'E' THEN 'ESTIMATED'
                       WHEN 'A' THEN 'DECLARED' END
                                               AS reading,
       (f.conso_wh / 1000.0)::numeric(14,3)    AS consumption,
       l.kinds                                 AS "lines[].kind",
       l.labels                                AS "lines[].label",
       l.quantities                            AS "lines[].quantity",
       l.prices                                AS "lines[].price",
       l.amounts                               AS "lines[].amount",
       (f.mt_ht_cts / 100.0)::numeric(12,2)    AS amount_without_tax,
       (f.mt_tva_cts / 100.0)::numeric(12,2)   AS tax,
       (f.mt_ttc_cts / 100.0)::numeric(12,2)   AS amount,
       'EUR'                                   AS currency,
       f.date_ech                              AS payment_due,
       g.date_reg                              AS paid_on,
       CASE g.mode_reg WHEN 'PR' THEN 'DIRECT_DEBIT'
                       WHEN 'CB' THEN 'CARD'
                       WHEN 'VI' THEN 'TRANSFER'
                       WHEN 'CH' THEN 'CHEQUE' END
                                               AS payment_means,
       CASE WHEN g.date_reg IS NULL THEN 'DUE' ELSE 'PAID' END
                                               AS status,
       greatest(f.date_maj, g.date_maj)        AS changed
  FROM crm.contrat AS c
  JOIN fac.facture AS f ON f.num_ctr = c.num_ctr
  LEFT JOIN fac.reglement AS g ON g.num_fac = f.num_fac
  CROSS JOIN LATERAL (
       SELECT array_agg(CASE x.code_lig
                        WHEN 'ABO' THEN 'SUBSCRIPTION'
                        WHEN 'ENB' THEN 'ENERGY'
                        WHEN 'EHP' THEN 'PEAK_ENERGY'
                        WHEN 'EHC' THEN 'OFF_PEAK_ENERGY'
                        WHEN 'SER' THEN 'SERVICE'
                        WHEN 'CTA' THEN 'NETWORK_TAX'
                        WHEN 'ACC' THEN 'EXCISE'
                        WHEN 'TVR' THEN 'VAT_REDUCED'
                        WHEN 'TVA' THEN 'VAT'
                        WHEN 'AVO' THEN 'CREDIT' END ORDER BY x.rang) AS kinds,
              array_agg(x.lib_lig ORDER BY x.rang) AS labels,
              array_agg(x.quantite ORDER BY x.rang) AS quantities,
              array_agg(x.prix_u ORDER BY x.rang) AS prices,
              array_agg((x.mt_cts / 100.0)::numeric(12,2) ORDER BY x.rang)
                        AS amounts
         FROM fac.ligne AS x
        WHERE x.num_fac = f.num_fac) AS l
 WHERE c.id_client = :customer
-- SPDX-License-Identifier: Apache-2.0
