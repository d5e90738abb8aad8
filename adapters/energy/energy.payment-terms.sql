-- SPDX-License-Identifier: Apache-2.0
-- How a contract is paid, what is due, the last payment. The bank account stays
-- where it is: fac.modalite.iban is not read.
SELECT c.num_ctr                               AS contract,
       c.id_client                             AS customer,
       'Régie de Valombre'                     AS vendor,
       CASE m.periodicite WHEN 'BIME' THEN 'TWO_MONTHS'
                          WHEN 'MENS' THEN 'MONTHLY'
                          WHEN 'SEME' THEN 'SIX_MONTHS'
                          WHEN 'ANNU' THEN 'YEARLY' END
                                               AS bill_frequency,
       CASE m.mode_reg WHEN 'PR' THEN 'DIRECT_DEBIT'
                       WHEN 'CB' THEN 'CARD'
                       WHEN 'VI' THEN 'TRANSFER'
                       WHEN 'CH' THEN 'CHEQUE' END
                                               AS payment_means,
       coalesce(b.due, 0)::numeric(12,2)       AS balance,
       b.last_date                             AS "last_payment.date",
       b.last_amount                           AS "last_payment.amount",
       CASE b.last_means WHEN 'PR' THEN 'DIRECT_DEBIT'
                         WHEN 'CB' THEN 'CARD'
                         WHEN 'VI' THEN 'TRANSFER'
                         WHEN 'CH' THEN 'CHEQUE' END
                                               AS "last_payment.means",
       c.proch_rel + 12                        AS next_bill,
       'EUR'                                   AS currency,
       greatest(c.date_maj, m.date_maj, b.changed) AS changed
  FROM crm.contrat AS c
  JOIN fac.modalite AS m ON m.num_ctr = c.num_ctr
 CROSS JOIN LATERAL (
       SELECT sum(f.mt_ttc_cts / 100.0) FILTER (WHERE g.num_fac IS NULL) AS due,
              max(g.date_reg) AS last_date,
              ((array_agg(f.mt_ttc_cts / 100.0 ORDER BY g.date_reg DESC, f.per_fin
              DESC) FILTER (WHERE g.date_reg IS NOT NULL))[1])::numeric(12,2)
                        AS last_amount,
              (array_agg(g.mode_reg ORDER BY g.date_reg DESC)
              FILTER (WHERE g.date_reg IS NOT NULL))[1] AS last_means,
              max(greatest(f.date_maj, g.date_maj)) AS changed
         FROM fac.facture AS f LEFT JOIN fac.reglement AS g USING (num_fac)
        WHERE f.num_ctr = c.num_ctr) AS b
 WHERE c.id_client = :customer
