-- Whose days changed in [:since, :until): new or corrected days, or a
-- usage point that got another holder.
SELECT r.id_client                             AS customer,
       greatest(k.date_maj, r.date_maj)        AS changed,
       k.pdl || ' ' || k.jour                  AS key
  FROM si.courbe_jour AS k
  JOIN crm.rattachement AS r
    ON r.pdl = k.pdl AND k.jour BETWEEN r.date_deb AND r.date_fin
 WHERE k.date_maj >= :since AND k.date_maj < :until AND k.courante
UNION ALL
SELECT r.id_client, r.date_maj, r.pdl || ' ' || r.date_deb
  FROM crm.rattachement AS r
 WHERE r.date_maj >= :since AND r.date_maj < :until
-- SPDX-License-Identifier: Apache-2.0
