/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_rights.c - level 5: our role reads, and can do nothing else.
 */
#include <string.h>
#include "base/error.h"
#include "catalogue/check_own.h"

static const struct check_question questions[] = {
	{ "E229", false,
	  "SELECT quote_ident(current_user) FROM pg_roles WHERE rolname ="
	  " current_user AND (rolsuper OR rolcreaterole OR rolreplication)",
	  "our role, %s, is far more than a reader",
	  "give the gateway a role of its own that may only SELECT" },
	{ "E229", false,
	  "SELECT string_agg(format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON"
	  " %I.%I FROM %I;', n.nspname, c.relname, current_user), ' ')"
	  " FROM (SELECT * FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'f')"
	  "  AND has_table_privilege(oid, 'INSERT, UPDATE, DELETE, TRUNCATE')"
	  "  AND relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname"
	  "   IN ('pg_catalog', 'information_schema') OR nspname LIKE 'pg_temp%')"
	  "  ORDER BY oid LIMIT 3) AS c"
	  " JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE NOT (SELECT"
	  " rolsuper FROM pg_roles WHERE rolname = current_user)",
	  "our role may write in this source's tables", "%s" },
	{ "E229", true,
	  "SELECT string_agg(format('REVOKE CREATE ON SCHEMA %I FROM %I, PUBLIC;',"
	  " nspname, current_user), ' ') FROM pg_namespace"
	  " WHERE nspname NOT LIKE 'pg_%' AND nspname <> 'information_schema'"
	  " AND has_schema_privilege(oid, 'CREATE') AND NOT (SELECT"
	  " rolsuper FROM pg_roles WHERE rolname = current_user)",
	  "our role may create things in this source", "%s" },
	{ "E232", true,
	  "SELECT host(client_addr) FROM pg_stat_activity AS a"
	  " JOIN pg_stat_ssl AS s USING (pid) WHERE a.pid = pg_backend_pid()"
	  " AND NOT s.ssl AND client_addr IS NOT NULL"
	  " AND NOT (client_addr << '127.0.0.0/8' OR client_addr = '::1')",
	  "records cross the network from %s in the clear",
	  "add sslmode=verify-full to url" },
};

void
check_ask(struct findings *found, const struct source *s, PGconn *pg,
    struct arena *a, const struct check_question *q)
{
	struct finding one = { .level = 5, .source = s->name };
	const char *const values[] = { q->of_slot ? s->slot :
	    arena_printf(a, "%lld", (long long)s->overlap_s) };
	const char *text = live_text(pg, a, q->sql, values,
	    strstr(q->sql, "$1") != NULL);
	const char *words[] = { q->cause, q->cure };

	if (text == NULL)
		return;
	for (size_t k = 0; k < countof(words); k++) {
		const char *at = strstr(words[k], "%s");

		if (at != NULL)
			words[k] = arena_printf(a, "%.*s%s%s",
			    (int)(at - words[k]), words[k], text, at + 2);
	}
	fault_set(&one.fault, q->code, s->name, 0, 0, "%s", words[0]);
	fault_cure(&one.fault, "%s", words[1]);
	one.fault.warning = q->warning;
	findings_add(found, &one);
}

/* Row level security that applies to us empties answers without a word. */
static const char hidden[] =
    "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class AS c"
    " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
    " WHERE c.relrowsecurity AND row_security_active(c.oid)"
    "  AND $1 ~* ('\\m(' || n.nspname || '\\.)?' || c.relname || '\\M') LIMIT 1";

static void
check_hidden(struct findings *found, const struct dataset *d, PGconn *pg,
    struct arena *a)
{
	const char *values[] = { d->sql_text };
	const char *table = live_text(pg, a, hidden, values, 1);
	struct finding one = { .level = 5,
	    .source = d->source->name, .dataset = d->schema->id };

	if (table == NULL)
		return;
	fault_set(&one.fault, "E231", d->sql_file, 0, 0, "row level security of "
	    "%s hides rows from our role without a word", table);
	fault_cure(&one.fault, "make sure that its policy shows us every "
	    "customer's rows");
	one.fault.warning = true;
	findings_add(found, &one);
}

void
check_rights(struct catalogue *c, struct findings *found)
{
	for (size_t i = 0; i < c->source_count; i++) {
		struct arena *a = arena_new();
		struct db_now *now;
		struct fault f;

		if (live_open(&now, c->sources[i], &f) == 0) {
			PGconn *pg = db_now_connection(now);

			for (size_t k = 0; k < countof(questions); k++)
				check_ask(found, c->sources[i], pg, a,
				    &questions[k]);
			check_capture(found, c, c->sources[i], pg, a);
			for (size_t k = 0; k < c->dataset_count; k++)
				for (const struct dataset *d = c->datasets[k];
				    d != NULL && d->source == c->sources[i];
				    d = d->older)
					check_hidden(found, d, pg, a);
			db_now_close(now);
		}
		arena_free(a);
	}
}
