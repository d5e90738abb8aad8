-- -> now: the source's clock; at: all that committed by then can be seen here.
-- On a standby, when the last commit it replayed was made, or, if it replayed all
-- that its primary had told of, when that was told; NULL: it cannot be said.
SELECT CASE WHEN pg_is_in_recovery()
	    THEN greatest(pg_last_xact_replay_timestamp(),
		 (SELECT r.last_msg_send_time
		    FROM pg_stat_wal_receiver AS r
		   WHERE r.latest_end_lsn <= pg_last_wal_replay_lsn()))
	    ELSE statement_timestamp() END AS at,
       statement_timestamp() AS now;
-- SPDX-License-Identifier: Apache-2.0
