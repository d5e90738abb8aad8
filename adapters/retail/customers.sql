-- SPDX-License-Identifier: Apache-2.0
-- Who may take part, or why not.
SELECT c.ref_client                            AS customer,
       CASE WHEN c.refus THEN 'opposition'
            WHEN c.naissance > current_date - interval '18 years' THEN 'minor'
            WHEN c.sup_le IS NOT NULL THEN 'left' END
                                               AS reason,
       NULL::text                              AS email,
       'fr'                                    AS language
  FROM fid.carte AS c
 WHERE c.ref_client = :customer
