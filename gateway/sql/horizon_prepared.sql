-- -> n: prepared transactions; while there is one, the horizon stands still
SELECT count(*) AS n FROM pg_prepared_xacts WHERE database = current_database();
