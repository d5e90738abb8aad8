-- SPDX-License-Identifier: Apache-2.0
-- Who may take part, or why not.
SELECT p.ref_ext                               AS customer,
       CASE WHEN p.refus THEN 'opposition'
            WHEN p.ne_le > current_date - interval '18 years' THEN 'minor'
            END                                AS reason,
       p.mail                                  AS email,
       'fr'                                    AS language
  FROM bill.porteur AS p
 WHERE p.ref_ext = :customer
