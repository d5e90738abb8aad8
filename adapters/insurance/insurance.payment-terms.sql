-- SPDX-License-Identifier: Apache-2.0
-- How insurances are paid; the bank account stays where it is.
SELECT r.nosoc                                 AS customer,
       'Mutuelle du Roseau'                    AS vendor,
       CASE r.cdmode WHEN 'PRLV' THEN 'DIRECT_DEBIT' WHEN 'CB' THEN 'CARD'
                     WHEN 'VIR' THEN 'TRANSFER' END
                                               AS means,
       CASE r.cdper WHEN 'M' THEN 'MONTHLY' WHEN 'A' THEN 'YEARLY' END
                                               AS frequency,
       (r.mt / 100.0)::numeric(12,2)           AS amount,
       r.jour                                  AS day,
       'EUR'                                   AS currency,
       r.dtmaj                                 AS changed
  FROM prod.t_regl AS r
 WHERE r.nosoc = :customer
