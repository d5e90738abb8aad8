-- SPDX-License-Identifier: Apache-2.0
-- The movements of the accounts somebody holds. Whoever becomes a holder sees
-- the account's past: hence the holder's own time of change.
SELECT m.id_mvt                                AS transaction,
       m.id_cpt                                AS account,
       m.date_op                               AS date,
       m.date_val                              AS value_date,
       CASE m.sens WHEN 'D' THEN -m.montant ELSE m.montant END
                                               AS amount,
       'EUR'                                   AS currency,
       (SELECT k.famille FROM ref.code_op AS k
         WHERE k.code_op = m.code_op)          AS kind,
       m.libelle                               AS label,
       (m.heure - make_interval(hours => 1 + m.hete::int)) AT TIME ZONE 'UTC'
                                               AS time,
       CASE WHEN m.annule THEN 'CANCELLED' ELSE 'BOOKED' END
                                               AS status,
       greatest(m.maj, t.maj)                  AS changed
  FROM cpt.titulaire AS t
  JOIN mvt.mouvement AS m ON m.id_cpt = t.id_cpt
 WHERE t.id_pers = :customer
