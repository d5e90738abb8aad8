-- What was copied from another cluster (journal_turn_moved): lines that have a
-- place are of the past, the others of now.
UPDATE guichet.journal_line AS l
   SET xid = CASE WHEN p.id IS NULL THEN pg_current_xact_id()
	     ELSE '3'::xid8 END
  FROM guichet.journal_line AS every
  LEFT JOIN (SELECT unnest(ids) AS id FROM guichet.journal_bundle) AS p
    ON p.id = every.id
 WHERE l.id = every.id;
-- SPDX-License-Identifier: Apache-2.0
