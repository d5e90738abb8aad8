-- SPDX-License-Identifier: Apache-2.0
-- Who parked in [:since, :until).
SELECT p.ref_ext AS customer, s.maj_le AS changed, s.id_session AS key
  FROM stat.session AS s JOIN bill.porteur AS p USING (no_porteur)
 WHERE s.maj_le >= :since AND s.maj_le < :until
