-- SPDX-License-Identifier: Apache-2.0
-- Whose receipts came, or were cancelled, in [:since, :until).
SELECT c.ref_client AS customer, t.dt_maj AS changed, t.id_ticket AS key
  FROM caisse.ticket AS t JOIN fid.carte AS c USING (no_carte)
 WHERE t.dt_maj >= :since AND t.dt_maj < :until
