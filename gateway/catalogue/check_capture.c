/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_capture.c - level 5: does the source keep what its capture relies upon?
 */
#include <stdio.h>
#include <stdlib.h>
#include "base/error.h"
#include "catalogue/check_own.h"
#include "catalogue/tables.h"

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

/* ---- by replication ---- */

#define SLOT "(SELECT * FROM pg_replication_slots WHERE slot_name = $1::text" \
    " AND plugin = 'pgoutput' AND database = current_database()) AS s"

static const struct check_question by_replication[] = {
	{ "E241", false,
	  "SELECT $1::text WHERE NOT EXISTS (SELECT FROM " SLOT ")",
	  "the slot %s is not there",
	  "have the owner of the tables run what `guichet adapter replication` "
	  "prints for this source", true },
	{ "E241", false,
	  "SELECT s.slot_name FROM " SLOT " WHERE s.wal_status = 'lost'",
	  "the slot %s is lost: more was written than max_slot_wal_keep_size keeps",
	  "SELECT pg_drop_replication_slot, then make it again (`guichet adapter "
	  "replication`): everything is compared by itself afterwards", true },
	{ "E242", false,
	  "SELECT 'x' WHERE current_setting('max_slot_wal_keep_size') = '-1'",
	  "max_slot_wal_keep_size is not set: while the gateway is stopped, the "
	  "slot keeps WAL until the disk of this source is full",
	  "ALTER SYSTEM SET max_slot_wal_keep_size = '10GB', or what the disk can "
	  "spare; SELECT pg_reload_conf()", false },
};

static void PRINTF_LIKE(6, 7)
tell(struct findings *found, const struct source *s, const char *code,
    bool warning, const char *cure, const char *cause, ...)
{
	struct finding one = { .level = 5, .source = s->name };
	char text[300];
	va_list ap;

	va_start(ap, cause);
	vsnprintf(text, sizeof(text), cause, ap);
	va_end(ap);
	fault_set(&one.fault, code, s->name, 0, 0, "%s", text);
	fault_cure(&one.fault, "%s", cure);
	one.fault.warning = warning;
	findings_add(found, &one);
}

static void
check_table(struct findings *found, const struct source *s,
    const struct tables *t, const char *table)
{
	const char *values[] = { table, s->slot };
	const char *there = live_text(t->pg, t->arena, "SELECT 'yes' FROM"
	    " pg_publication_tables WHERE pubname = $2::text AND format('%I.%I',"
	    " schemaname, tablename)::regclass = $1::regclass", values, 2);
	const char *key = live_text(t->pg, t->arena, tables_names, values, 1);
	const char *unkept = live_text(t->pg, t->arena, tables_unkept, values, 1);
	const char *full = live_text(t->pg, t->arena, "SELECT relreplident FROM"
	    " pg_class WHERE oid = $1::regclass", values, 1);
	const char *cure = "have the owner of the tables run what `guichet "
	    "adapter replication` prints for this source";

	if (there == NULL)
		tell(found, s, "E244", false, cure, "%s is not published: what "
		    "changes there is not seen", table);
	else if (key == NULL && (full == NULL || full[0] != 'f'))
		tell(found, s, "E244", false, cure, "%s has no key and no REPLICA "
		    "IDENTITY FULL: UPDATE and DELETE fail there", table);
	else if (unkept != NULL)
		tell(found, s, "E244", true, cure, "of a row of %s that moves or "
		    "goes, %s is not told (REPLICA IDENTITY)", table, unkept);
}

static void
check_tables(struct findings *found, const struct catalogue *c,
    const struct source *s, PGconn *pg, struct arena *a)
{
	struct tables t = { .pg = pg, .arena = a };
	struct fault f;

	for (size_t i = 0; i < c->dataset_count; i++)
		for (const struct dataset *d = c->datasets[i]; d != NULL;
		    d = d->older)
			if (d->source == s && d->plan != NULL &&
			    tables_look(&t, d, &f) < 0)
				return;		/* told at level 2 */
	for (size_t i = 0; i < t.n; i++)
		check_table(found, s, &t, t.names[i]);
}

/* Another role may stream than the one that reads. */
static void
check_streamer(struct findings *found, const struct source *s, struct arena *a)
{
	struct db_now *now;
	struct fault f;
	struct source other = *s;
	PGconn *pg;

	other.url = s->replication_url;
	if (live_open(&now, &other, &f) < 0) {
		tell(found, s, "E241", false, f.cure, "the role of "
		    "replication_url is not let in: %s", f.cause);
		return;
	}
	pg = db_now_connection(now);
	if (live_text(pg, a, "SELECT 'yes' FROM pg_roles WHERE rolname ="
	    " current_user AND (rolreplication OR rolsuper)", NULL, 0) == NULL)
		tell(found, s, "E241", false, "ALTER ROLE ... REPLICATION; or name "
		    "one that may in replication_url", "our role may not stream "
		    "(REPLICATION)");
	db_now_close(now);
}

void
check_capture(struct findings *found, const struct catalogue *c,
    const struct source *s, PGconn *pg, struct arena *a)
{
	for (size_t i = 0; i < countof(by_overlap); i++)
		if (s->capture == CAPTURE_OVERLAP &&
		    (i != 1 || s->compare_days == 0))
			check_ask(found, s, pg, a, &by_overlap[i]);
	if (s->capture != CAPTURE_REPLICATION)
		return;
	for (size_t i = 0; i < countof(by_replication); i++)
		check_ask(found, s, pg, a, &by_replication[i]);
	check_streamer(found, s, a);
	check_tables(found, c, s, pg, a);
}
