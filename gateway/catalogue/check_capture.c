/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_capture.c - level 5: does the source keep what its capture relies upon?
 */
#include "base/error.h"
#include "catalogue/check_own.h"

/*
 * How long a transaction may last, in seconds: what ends a whole one
 * (PostgreSQL 17), else what ends its statements and its pauses. A standby does
 * not show its primary's settings, but for those of the database.
 */
#define BOUNDS \
    "WITH told AS (SELECT name, reset_val::bigint AS ms FROM pg_settings" \
    "  WHERE NOT pg_is_in_recovery() AND unit = 'ms'" \
    " UNION ALL SELECT split_part(c, '=', 1), t[1]::bigint * CASE t[2]" \
    "   WHEN 's' THEN 1000 WHEN 'min' THEN 60000 WHEN 'h' THEN 3600000" \
    "   WHEN 'd' THEN 86400000 ELSE 1 END" \
    "  FROM pg_db_role_setting, unnest(setconfig) AS c," \
    "   regexp_match(split_part(c, '=', 2), '^(\\d+)\\s*(ms|s|min|h|d)?$') AS t" \
    "  WHERE pg_is_in_recovery() AND setrole = 0 AND setdatabase IN (0," \
    "   (SELECT oid FROM pg_database WHERE datname = current_database())))," \
    " bound AS (SELECT" \
    "  coalesce(max(ms) FILTER (WHERE name = 'transaction_timeout'), 0) / 1000.0" \
    "   AS whole," \
    "  coalesce(max(ms) FILTER (WHERE name = 'statement_timeout'), 0) / 1000.0" \
    "   AS statement," \
    "  coalesce(max(ms) FILTER (WHERE name =" \
    "   'idle_in_transaction_session_timeout'), 0) / 1000.0 AS pause FROM told) "

static const struct check_question by_overlap[] = {
	{ "E243", true,
	  BOUNDS "SELECT quote_ident(current_database()) FROM bound WHERE"
	  " (whole = 0 OR whole > $1) AND (statement = 0 OR pause = 0 OR"
	  " statement > $1 OR pause > $1)",
	  "nothing here ends a transaction that lasts longer than overlap_s, and "
	  "what it writes would be lost",
	  "ALTER DATABASE %s SET transaction_timeout below overlap_s (before "
	  "PostgreSQL 17: statement_timeout and "
	  "idle_in_transaction_session_timeout), for every role that writes; or "
	  "a longer overlap_s; compare_days = 1 finds what was lost" },
	{ "E243", true,
	  BOUNDS "SELECT 'x' FROM bound WHERE (whole = 0 OR whole > $1) AND"
	  " statement > 0 AND pause > 0 AND statement <= $1 AND pause <= $1",
	  "statements and pauses are ended in time, but a transaction of many may "
	  "last longer than overlap_s, and what it writes would be lost",
	  "compare_days = 1 in source.conf finds what was lost" },
	{ "E243", true,
	  "SELECT extract(epoch FROM now() - min(xact_start))::bigint::text"
	  " FROM pg_stat_activity WHERE datname = current_database()"
	  " AND backend_type = 'client backend' HAVING extract(epoch FROM now()"
	  "  - min(xact_start)) > $1::bigint",
	  "a transaction has been running for %s s, longer than overlap_s",
	  "find it in pg_stat_activity; a longer overlap_s would bear with it" },
};

void
check_capture(struct findings *found, const struct source *s, PGconn *pg,
    struct arena *a)
{
	for (size_t i = 0; i < countof(by_overlap); i++)
		if (s->capture == CAPTURE_OVERLAP &&
		    (i != 1 || s->compare_days == 0))
			check_ask(found, s, pg, a, &by_overlap[i]);
}
