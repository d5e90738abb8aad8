-- Did the tables come from another cluster, by pg_restore? Transactions are
-- numbered anew there. One row if so.
UPDATE guichet.journal_turn
   SET seen = DEFAULT, cluster = (pg_control_system()).system_identifier
 WHERE cluster <> (pg_control_system()).system_identifier
RETURNING one;
-- SPDX-License-Identifier: Apache-2.0
