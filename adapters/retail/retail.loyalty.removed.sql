-- SPDX-License-Identifier: Apache-2.0
-- Cards that were deleted.
SELECT c.no_carte                              AS card,
       c.sup_le                                AS changed
  FROM fid.carte AS c
 WHERE c.ref_client = :customer AND c.sup_le IS NOT NULL
