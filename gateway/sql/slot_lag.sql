-- Asked of a source: how much it keeps because of us.
-- $1 slot -> behind: bytes of WAL; lost: we miss some, or there is no slot
SELECT coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(),
       s.confirmed_flush_lsn)), 0)::bigint AS behind,
       coalesce(bool_or(s.wal_status = 'lost'), true) AS lost
  FROM pg_replication_slots AS s
 WHERE s.slot_name = $1::text AND NOT pg_is_in_recovery();
-- SPDX-License-Identifier: Apache-2.0
