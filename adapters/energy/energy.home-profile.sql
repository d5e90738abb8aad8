-- SPDX-License-Identifier: Apache-2.0
-- What people told of their home, once per contract.
SELECT q.num_ctr                               AS contract,
       q.date_decl                             AS declared,
       CASE q.type_log WHEN 'A' THEN 'FLAT' WHEN 'M' THEN 'HOUSE' END
                                               AS housing,
       CASE q.type_res WHEN 'P' THEN 'MAIN' WHEN 'S' THEN 'SECOND' END
                                               AS residence,
       CASE q.statut_occ WHEN '1' THEN 'OWNER' WHEN '2' THEN 'TENANT' END
                                               AS occupation,
       q.surface_m2                            AS surface,
       q.nb_occ                                AS occupants,
       q.annee_constr                          AS built,
       CASE q.chauffage WHEN 'E' THEN 'ELECTRIC' WHEN 'G' THEN 'GAS'
                        WHEN 'A' THEN 'OTHER' END
                                               AS heating,
       CASE q.eau_chaude WHEN 'E' THEN 'ELECTRIC' WHEN 'G' THEN 'GAS'
                         WHEN 'A' THEN 'OTHER' END
                                               AS hot_water,
       q.date_maj                              AS changed
  FROM crm.contrat AS c
  JOIN crm.profil_logement AS q ON q.num_ctr = c.num_ctr
 WHERE c.id_client = :customer
