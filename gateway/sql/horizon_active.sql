-- -> now; at: the start of the oldest transaction still running here that may have
-- written, or now; seen: is this role shown all of them? Asked alone, before
-- horizon_prepared. Our own readers are left out: they cannot write.
SELECT least(min(a.xact_start), statement_timestamp()) AS at,
       statement_timestamp() AS now,
       pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
       AND current_setting('track_activities')::boolean
       AND coalesce(bool_and(a.state IS DISTINCT FROM 'disabled'), true)
       AND NOT pg_is_in_recovery() AS seen
  FROM pg_stat_activity AS a
 WHERE a.pid <> pg_backend_pid()
   AND a.datname = current_database()
   AND a.backend_type NOT IN ('walsender', 'autovacuum worker')
   AND NOT (a.application_name = 'guichet read' AND a.usename = current_user);
-- SPDX-License-Identifier: Apache-2.0
