-- A line is a contract. It changed when the line, its holder, its plan or one
-- of its options did.
SELECT l.num_contrat                           AS contract,
       'Régie de Valombre'                     AS vendor,
       l.ref_abonne                            AS customer,
       l.nd                                    AS line,
       CASE l.nature WHEN 'M' THEN 'MOBILE'
                     WHEN 'F' THEN 'FIXED'
                     WHEN 'B' THEN 'INTERNET' END
                                               AS kind,
       f.code_forfait                          AS "plan.code",
       f.libelle                               AS "plan.name",
       f.data_go                               AS "plan.data_allowance",
       (l.prix_ttc_cts / 100.0)::numeric(8,2)  AS monthly_price,
       'EUR'                                   AS currency,
       l.ouverte_le                            AS start,
       l.engagee_au                            AS commitment_end,
       l.fermee_le                             AS "end",
       CASE l.etat WHEN 1 THEN 'ACTIVE'
                   WHEN 2 THEN 'SUSPENDED'
                   WHEN 9 THEN 'ENDED' END     AS status,
       CASE a.titre WHEN 1 THEN 'MS' WHEN 2 THEN 'MR' END
                                               AS "holder.title",
       a.prenom                                AS "holder.given_name",
       a.nom                                   AS "holder.family_name",
       a.courriel                              AS "holder.email",
       a.adr_rue                               AS "billing_address.street",
       a.adr_compl                             AS "billing_address.complement",
       a.adr_cp                                AS "billing_address.postcode",
       a.adr_ville                             AS "billing_address.city",
       a.adr_pays                              AS "billing_address.country",
       o.names                                 AS "options[].name",
       o.prices                                AS "options[].monthly_price",
       o.starts                                AS "options[].start",
       greatest(l.maj_le, a.maj_le, f.maj_le, o.changed)
                                               AS changed
  FROM abo.ligne AS l
  JOIN abo.abonne AS a ON a.ref_abonne = l.ref_abonne
  JOIN cat.forfait AS f ON f.code_forfait = l.code_forfait
  LEFT JOIN LATERAL (
       SELECT array_agg(x.libelle ORDER BY x.depuis, x.libelle) AS names,
              array_agg((x.prix_ttc_cts / 100.0)::numeric(8,2)
                        ORDER BY x.depuis, x.libelle) AS prices,
              array_agg(x.depuis ORDER BY x.depuis, x.libelle) AS starts,
              max(x.maj_le) AS changed
         FROM abo.option_ligne AS x
        WHERE x.id_ligne = l.id_ligne) AS o ON true
 WHERE l.ref_abonne = :customer
-- SPDX-License-Identifier: Apache-2.0
