-- SPDX-License-Identifier: Apache-2.0
-- One record per customer: the address is that of the last contract. It changed
-- when the person, a contract or that address did.
SELECT i.id_client                             AS customer,
       'Régie de Valombre'                     AS vendor,
       CASE i.civ WHEN 'MME' THEN 'MS' WHEN 'M' THEN 'MR' END
                                               AS title,
       i.prenom                                AS given_name,
       i.nom                                   AS family_name,
       i.langue                                AS language,
       i.mail                                  AS email,
       i.tel                                   AS phone,
       a.ligne4                                AS "address.street",
       a.ligne2                                AS "address.complement",
       a.cp                                    AS "address.postcode",
       a.ville                                 AS "address.city",
       'FR'                                    AS "address.country",
       k.since                                 AS since,
       k.contracts                             AS contracts,
       greatest(i.date_maj, k.changed, a.date_maj) AS changed
  FROM crm.client AS i
 CROSS JOIN LATERAL (
       SELECT min(c.date_deb) AS since, count(*) AS contracts,
              max(c.date_maj) AS changed,
              (array_agg(c.id_adr ORDER BY c.date_deb DESC))[1] AS id_adr
         FROM crm.contrat AS c
        WHERE c.id_client = i.id_client) AS k
  JOIN crm.adresse AS a ON a.id_adr = k.id_adr
 WHERE i.id_client = :customer
