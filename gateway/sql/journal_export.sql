-- $1 log, $2 first, $3 past, $4 subject, $5 client, $6 first id, $7 past id
-- (each NULL: any) -> seq, there, leaf (NULL: purged), hash
SELECT seq, there, leaf, hash
  FROM guichet.journal_entries($1::int, $2::bigint, $3::bigint)
 WHERE ($4::uuid IS NULL OR subject_id = $4::uuid)
   AND ($5::text IS NULL OR client_id = $5::text)
   AND ($6::uuid IS NULL OR id >= $6::uuid)
   AND ($7::uuid IS NULL OR id < $7::uuid)
 ORDER BY seq;
-- SPDX-License-Identifier: Apache-2.0
