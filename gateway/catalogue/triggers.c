/* SPDX-License-Identifier: Apache-2.0 */
/*
 * triggers.c - the DDL of a change table, for the tables of tables.h.
 *
 * Triggers are of rows, as those of statements miss what is written straight
 * into a partition, and ENABLE ALWAYS, so that replication fires them too.
 */
#include "catalogue/triggers.h"
#include <string.h>
#include "base/buf.h"
#include "base/error.h"
#include "catalogue/tables.h"

/* ---- one table ---- */

static const char function[] =
    "CREATE OR REPLACE FUNCTION guichet_source.%s() RETURNS trigger\n"
    "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp"
    " AS $guichet$\n"
    "BEGIN\n"
    "\tIF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND (%s)\n"
    "\t    IS DISTINCT FROM (%s) THEN\n"
    "\t\tINSERT INTO guichet_source.change (relation, operation, key)\n"
    "\t\tVALUES (%s, 'D', jsonb_build_object(%s));\n"
    "\tELSIF TG_OP = 'UPDATE' AND (%s)\n"
    "\t    IS DISTINCT FROM (%s) THEN\n"
    "\t\tINSERT INTO guichet_source.change (relation, operation, key)\n"
    "\t\tVALUES (%s, 'U', jsonb_build_object(%s));\n"
    "\tEND IF;\n"
    "\tIF TG_OP <> 'DELETE' THEN\n"
    "\t\tINSERT INTO guichet_source.change (relation, operation, key)\n"
    "\t\tVALUES (%s, left(TG_OP, 1), jsonb_build_object(%s));\n"
    "\tEND IF;\n"
    "\tRETURN NULL;\n"
    "END $guichet$;\n"
    "CREATE OR REPLACE TRIGGER guichet_change AFTER INSERT OR UPDATE OR DELETE"
    "\n\tON %s FOR EACH ROW EXECUTE FUNCTION guichet_source.%s();\n"
    "CREATE OR REPLACE TRIGGER guichet_emptied AFTER TRUNCATE\n"
    "\tON %s FOR EACH STATEMENT EXECUTE FUNCTION guichet_source.emptied();\n"
    "CREATE OR REPLACE TRIGGER guichet_tell AFTER INSERT OR UPDATE OR DELETE"
    " OR TRUNCATE\n"
    "\tON %s FOR EACH STATEMENT EXECUTE FUNCTION guichet_source.tell();\n"
    "ALTER TABLE %s ENABLE ALWAYS TRIGGER guichet_change;\n"
    "ALTER TABLE %s ENABLE ALWAYS TRIGGER guichet_emptied;\n"
    "ALTER TABLE %s ENABLE ALWAYS TRIGGER guichet_tell;\n";

/* A row's key that moves is a row that goes, and one that comes. */
static const char deletions[] =
    "CREATE OR REPLACE FUNCTION guichet_source.%s() RETURNS trigger\n"
    "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp"
    " AS $guichet$\n"
    "BEGIN\n"
    "\tIF TG_OP = 'DELETE' OR (%s) IS DISTINCT FROM (%s) THEN\n"
    "\t\tINSERT INTO guichet_source.change (relation, operation, key)\n"
    "\t\tVALUES (%s, 'D', jsonb_build_object(%s));\n"
    "\tEND IF;\n"
    "\tRETURN NULL;\n"
    "END $guichet$;\n"
    "CREATE OR REPLACE TRIGGER guichet_change AFTER DELETE OR UPDATE OF %s"
    "\n\tON %s FOR EACH ROW EXECUTE FUNCTION guichet_source.%s();\n"
    "ALTER TABLE %s ENABLE ALWAYS TRIGGER guichet_change;\n";

/* 'a', OLD.a, 'b', OLD.b -> OLD.a, OLD.b */
static const char values_of[] =
    "SELECT string_agg(format('%s.%I', $2::text, a.attname), ', ' ORDER BY a.attnum)"
    " FROM pg_attribute AS a WHERE a.attrelid = $1::regclass AND a.attnum > 0"
    "  AND strpos($3::text, format('%L, %s.%I', a.attname, $2::text, a.attname)) > 0";

static const char *
as_row(const struct tables *t, const char *table, const char *row,
    const char *pairs)
{
	const char *values[] = { table, row, pairs };

	return live_text(t->pg, t->arena, values_of, values, 3);
}

static const char *
quoted(const struct tables *t, const char *sql, const char *name)
{
	return live_text(t->pg, t->arena, sql, &name, 1);
}

static void
write_table(struct buf *out, const struct tables *t, const char *table,
    bool gone)
{
	const char *kind = quoted(t, "SELECT relkind FROM pg_class WHERE oid ="
	    " $1::regclass", table);
	const char *old = tables_columns(t, tables_key, table, "OLD");
	const char *new = tables_columns(t, tables_key, table, "NEW");
	const char *was, *is, *name, *fn;

	buf_printf(out, "\n-- %s\n", table);
	if (kind == NULL || (kind[0] != 'r' && kind[0] != 'p')) {
		buf_printf(out, "-- is no table of this database: triggers do not "
		    "see how it changes; keep\n-- capture = horizon\n");
		return;
	}
	if (old == NULL || new == NULL) {
		buf_printf(out, "-- has no index, so no key: give it a primary "
		    "key first\n");
		return;
	}
	was = tables_columns(t, tables_identity, table, "OLD");
	is = tables_columns(t, tables_identity, table, "NEW");
	if (was == NULL || is == NULL) {
		was = as_row(t, table, "OLD", old);
		is = as_row(t, table, "NEW", new);
	}
	name = quoted(t, "SELECT quote_literal($1)", table);
	fn = quoted(t, "SELECT quote_ident('of ' || $1)", table);
	if (gone)
		buf_printf(out, deletions, fn, was, is, name, old,
		    quoted(t, tables_names, table), table, fn, table);
	else
		buf_printf(out, function, fn, was, is, name, old,
	    as_row(t, table, "OLD", old), as_row(t, table, "NEW", new), name, old,
	    name, new, table, fn, table, table, table, table, table);
}

/* ---- all of it ---- */

static const char before[] =
    "-- Makes this source tell `guichet serve` of its changes (capture = trigger"
    " in\n-- source.conf). Read it, then run it as the owner of the tables:\n"
    "--   guichet adapter triggers %s | psql -1 -v ON_ERROR_STOP=1 DATABASE\n"
    "-- Running it again renews it. --drop prints what takes it away.\n\n"
    "CREATE SCHEMA IF NOT EXISTS guichet_source;\n"
    "CREATE TABLE IF NOT EXISTS guichet_source.change (\n"
    "\tn\t\tbigint GENERATED ALWAYS AS IDENTITY,\n"
    "\txid\t\txid8 NOT NULL DEFAULT pg_current_xact_id(),\n"
    "\tat\t\ttimestamptz NOT NULL DEFAULT clock_timestamp(),\n"
    "\trelation\ttext NOT NULL,\n"
    "\toperation\t\"char\" NOT NULL,\t-- I, U, D, T (emptied)\n"
    "\tkey\t\tjsonb\t\t\t-- of the row; a D and a move tell the old one\n"
    ");\n"
    "CREATE UNIQUE INDEX IF NOT EXISTS change_place\n"
    "\tON guichet_source.change (xid, n);\n"
    "CREATE INDEX IF NOT EXISTS change_at ON guichet_source.change (at);\n"
    "CREATE INDEX IF NOT EXISTS change_removed ON guichet_source.change\n"
    "\tUSING gin (key jsonb_path_ops) WHERE operation = 'D';\n"
    "GRANT USAGE ON SCHEMA guichet_source TO %s;\n"
    "GRANT SELECT ON guichet_source.change TO %s;\n\n"
    "-- To be run now and then: forgets what is older. Keep deletions for as"
    " long as\n-- the slowest of those who pull may take.\n"
    "CREATE OR REPLACE FUNCTION guichet_source.forget(older interval)\n"
    "RETURNS bigint LANGUAGE sql AS $guichet$\n"
    "\tWITH gone AS (DELETE FROM guichet_source.change\n"
    "\t WHERE at < now() - older RETURNING 1) SELECT count(*) FROM gone\n"
    "$guichet$;\n"
    "REVOKE ALL ON FUNCTION guichet_source.forget FROM PUBLIC;\n"
    "CREATE OR REPLACE FUNCTION guichet_source.emptied() RETURNS trigger\n"
    "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp"
    " AS $guichet$\n"
    "BEGIN\n"
    "\tINSERT INTO guichet_source.change (relation, operation)\n"
    "\tVALUES (TG_RELID::regclass::text, 'T');\n"
    "\tRETURN NULL;\n"
    "END $guichet$;\n"
    "CREATE OR REPLACE FUNCTION guichet_source.tell() RETURNS trigger\n"
    "LANGUAGE plpgsql AS $guichet$\n"
    "BEGIN\n"
    "\tPERFORM pg_catalog.pg_notify('guichet_change', '');\n"
    "\tRETURN NULL;\n"
    "END $guichet$;\n";

static void
write_drop(struct buf *out, const struct tables *t)
{
	for (size_t i = 0; i < t->n; i++)
		buf_printf(out, "DROP TRIGGER IF EXISTS guichet_change ON %s;\n"
		    "DROP TRIGGER IF EXISTS guichet_emptied ON %s;\n"
		    "DROP TRIGGER IF EXISTS guichet_tell ON %s;\n", t->names[i],
		    t->names[i], t->names[i]);
	buf_str(out, "DROP SCHEMA IF EXISTS guichet_source CASCADE;\n");
}

int
triggers_write(struct buf *out, struct db_now *now, const struct catalogue *c,
    const struct source *s, bool drop, bool gone, struct fault *f)
{
	struct tables t = { .pg = db_now_connection(now),
	    .arena = arena_new() };
	const char *role;
	int rc = 0;

	PQclear(PQexec(t.pg, "SET search_path = pg_catalog"));
	for (size_t i = 0; i < c->dataset_count; i++)
		for (const struct dataset *d = c->datasets[i]; d != NULL && rc == 0 &&
		    d->source == s; d = d->older)
			rc = tables_look(&t, d, f);
	role = live_text(t.pg, t.arena, "SELECT quote_ident(current_user)", NULL,
	    0);
	if (rc == 0 && drop)
		write_drop(out, &t);
	if (rc == 0 && !drop) {
		buf_printf(out, before, s->name, role, role);
		for (size_t i = 0; i < t.n; i++)
			write_table(out, &t, t.names[i], gone);
	}
	arena_free(t.arena);
	return rc;
}
