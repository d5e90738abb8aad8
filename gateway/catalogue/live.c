/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live.c - one patient connection to a source, for looking: at start, and by
 * `guichet check` and `preview`.
 */
#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "catalogue/describe.h"

/* What PostgreSQL, or the way to it, says is wrong. */
static const char *
cure_of(const char *why)
{
	static const struct { const char *said, *cure; } all[] = {
		{ "password authentication failed", "the password is wrong: "
		  "mend the line of the passfile, or ALTER ROLE ... PASSWORD" },
		{ "no password supplied", "the server wants a password: write "
		  "passfile=/the/file in url, with a line for this host, "
		  "database and role" },
		{ "translate host name", "that host is not known: check its name "
		  "in url, and the name service" },
		{ "does not exist", "check the names in url: that database or "
		  "role does not exist there" },
		{ "no pg_hba.conf entry", "its pg_hba.conf does not let this "
		  "role in from here: add a line, or use another way in" },
		{ "Connection refused", "nothing listens there: check host and "
		  "port in url, and that PostgreSQL runs" },
		{ "SSL", "check sslmode and sslrootcert in url" } };

	for (size_t i = 0; i < countof(all); i++)
		if (strstr(why, all[i].said) != NULL)
			return all[i].cure;
	return "check url in its source.conf or in [sources], the network, and "
	    "the role's rights";
}

int
live_open(struct db_now **out, const struct source *s, struct fault *f)
{
	struct arena *a = arena_new();
	struct db_now *now;
	char why[256];
	int rc = db_now_open(&now, s->url, "guichet check", why);

	if (rc < 0) {
		fault_set(f, "E216", s->name, 0, 0,
		    "the source cannot be reached: %s", why);
		fault_cure(f, "%s", cure_of(why));
	} else if ((rc = db_now_run(now, arena_printf(a, "SET TimeZone = '%s';"
	    "SET statement_timeout = %lld; SET plan_cache_mode = "
	    "force_generic_plan; SET default_transaction_read_only = on",
	    s->time_zone, (long long)s->statement_timeout_ms))) < 0) {
		fault_set(f, "E216", s->name, 0, 0, "the source refuses our "
		    "settings: %s", db_now_error(now));
		fault_cure(f, "check time_zone in its source.conf");
		db_now_close(now);
	}
	if (rc == 0)
		*out = now;
	arena_free(a);
	return rc;
}

const char *
live_text(PGconn *pg, struct arena *a, const char *sql,
    const char *const *values, int n)
{
	PGresult *r = PQexecParams(pg, sql, n, NULL, values, NULL, NULL, 0);
	const char *text = NULL;

	if (PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) > 0 &&
	    !PQgetisnull(r, 0, 0))
		text = arena_strdup(a, PQgetvalue(r, 0, 0));
	PQclear(r);
	return text;
}

/* ---- the horizon's conditions ---- */

/* Each is true when something is wrong. */
static const struct { const char *sql, *cause, *cure; } conditions[] = {
	{ "SELECT pg_is_in_recovery()",
	  "the source is a replica: it does not show who still writes",
	  "name the primary in url" },
	{ "SELECT NOT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')",
	  "our role is not shown the transactions of others, so that records "
	  "written late would be lost",
	  "GRANT pg_read_all_stats TO %s;" },
	{ "SELECT NOT current_setting('track_activities')::boolean OR EXISTS ("
	  "SELECT FROM pg_stat_activity WHERE datname = current_database()"
	  " AND state = 'disabled')",
	  "track_activities is off, so that records written late would be lost",
	  "set track_activities = on, for every role and database" },
};

int
live_horizon(PGconn *pg, const struct source *s, struct fault *f)
{
	struct arena *a = arena_new();
	int rc = 0;

	for (size_t i = 0; i < countof(conditions) && rc == 0; i++) {
		const char *wrong = live_text(pg, a, conditions[i].sql, NULL, 0);

		if (wrong != NULL && strcmp(wrong, "f") == 0)
			continue;
		rc = fault_set(f, "E219", s->name, 0, 0, "%s",
		    conditions[i].cause);
		if (strstr(conditions[i].cure, "%s") == NULL)
			fault_cure(f, "%s", conditions[i].cure);
		else
			fault_cure(f, "GRANT pg_read_all_stats TO %s;",
			    live_text(pg, a, "SELECT quote_ident(current_user)",
			    NULL, 0));
	}
	arena_free(a);
	return rc;
}

/* ---- what PostgreSQL refuses ---- */

/* Tables and views the text names, by their whole name or a visible one. */
static const char grants[] =
    "SELECT string_agg(g, ' ' ORDER BY o, g) FROM ("
    " SELECT DISTINCT 1 AS o, format('GRANT USAGE ON SCHEMA %I TO %I;',"
    "   n.nspname, current_user) AS g"
    "  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
    "  WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f')"
    "   AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
    "   AND NOT has_schema_privilege(n.oid, 'USAGE')"
    "   AND $1 ~* ('\\m' || n.nspname || '\\.' || c.relname || '\\M')"
    " UNION ALL"
    " SELECT DISTINCT 2, format('GRANT SELECT ON %I.%I TO %I;',"
    "   n.nspname, c.relname, current_user)"
    "  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
    "  WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f')"
    "   AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
    "   AND NOT has_table_privilege(c.oid, 'SELECT')"
    "   AND ($1 ~* ('\\m' || n.nspname || '\\.' || c.relname || '\\M')"
    "    OR pg_table_is_visible(c.oid)"
    "     AND $1 ~* ('(^|[^.])\\m' || c.relname || '\\M'))) AS all_of_them";

const char *
live_grants(PGconn *pg, struct arena *a, const char *text)
{
	const char *values[] = { text };

	return live_text(pg, a, grants, values, 1);
}

static void
denied(struct fault *f, PGconn *pg, const char *text)
{
	struct arena *a = arena_new();
	const char *cure = live_grants(pg, a, text);

	snprintf(f->code, sizeof(f->code), "E215");
	if (cure != NULL)
		fault_cure(f, "%s", cure);
	else
		fault_cure(f, "grant our role what the message names");
	arena_free(a);
}

int
live_refused(struct fault *f, PGconn *pg, const PGresult *r, const char *file,
    const char *text)
{
	const char *position = PQresultErrorField(r, PG_DIAG_STATEMENT_POSITION);
	const char *hint = PQresultErrorField(r, PG_DIAG_MESSAGE_HINT);
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
	int line = 0, column = 0;

	if (PQstatus(pg) != CONNECTION_OK || message == NULL) {
		fault_set(f, "E216", file, 0, 0, "the source went away");
		fault_cure(f, "see the log of its PostgreSQL");
		return E_UNAVAILABLE;
	}
	if (position != NULL)
		sqltext_place(text, sqltext_byte_of(text, atoi(position)), &line,
		    &column);
	fault_set(f, "E207", file, line, column, "%s", message);
	fault_cure(f, "%s", hint != NULL ? hint : "run the file in psql, after "
	    "\\set customer '''...''', to see it there");
	if (state != NULL && strcmp(state, "42501") == 0)
		denied(f, pg, text);
	return E_BAD_INPUT;
}
