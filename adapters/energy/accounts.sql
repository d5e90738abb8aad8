-- The meters of a customer, by the address she knows.
SELECT c.pdl                                   AS account,
       min(a.ligne4 || ', ' || a.ville)        AS label
  FROM crm.contrat AS c
  JOIN crm.adresse AS a ON a.id_adr = c.id_adr
 WHERE c.id_client = :customer
 GROUP BY c.pdl
-- SPDX-License-Identifier: Apache-2.0
