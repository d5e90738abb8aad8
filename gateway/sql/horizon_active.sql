-- -> at: the start of the oldest transaction still running that may have
-- written, or now; seen: whether this role is shown all of them
SELECT least(min(a.xact_start), statement_timestamp()) AS at,
       pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
       AND current_setting('track_activities')::boolean AS seen
  FROM pg_stat_activity AS a
 WHERE a.pid <> pg_backend_pid()
   AND a.backend_type NOT IN ('walsender', 'autovacuum worker',
       'autovacuum launcher', 'checkpointer', 'background writer',
       'walwriter', 'archiver', 'logical replication launcher');
