-- The lines of a customer, by their kind.
SELECT l.nd                                    AS account,
       min(CASE l.nature WHEN 'M' THEN 'Mobile'
                         WHEN 'F' THEN 'Fixe'
                         WHEN 'B' THEN 'Internet' END)
                                               AS label
  FROM abo.ligne AS l
 WHERE l.ref_abonne = :customer
 GROUP BY l.nd
-- SPDX-License-Identifier: Apache-2.0
