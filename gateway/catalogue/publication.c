/* SPDX-License-Identifier: Apache-2.0 */
/*
 * publication.c - the DDL of a publication and its slot, for the tables of
 * tables.h.
 *
 * A table in a publication must say by what its old rows are known, or UPDATE and
 * DELETE fail there: without a primary key it is given REPLICA IDENTITY FULL. So
 * it is when columns outside the primary key lead to a customer, since a row that
 * moves to another one, or goes, must name the old one. Only such columns are
 * published, where PostgreSQL can (15, and not with FULL): no payload is sent.
 */
#include "catalogue/publication.h"
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/error.h"
#include "catalogue/tables.h"

enum { COLUMN_LISTS_FROM = 150000 };

static const char before[] =
    "-- Makes this source stream its changes to `guichet serve` (capture ="
    " replication in\n-- source.conf). Read it, then run it as the owner of the"
    " tables, who may replicate:\n"
    "--   guichet adapter replication %s | psql -v ON_ERROR_STOP=1 DATABASE\n"
    "-- Running it again renews it. --drop prints what takes it away.\n"
    "--\n-- In postgresql.conf, with a restart:\n"
    "--   wal_level = logical\n"
    "--   max_slot_wal_keep_size = 10GB\t-- or what the disk can spare: what we"
    " have\n--\t\t\t\t-- not read is kept up to here, never beyond\n"
    "-- The role of replication_url must be able to stream, and needs no SELECT:"
    "\n--   CREATE ROLE guichet_stream LOGIN REPLICATION;\n"
    "-- Let it into this database alone in pg_hba.conf, and give it no line for"
    "\n-- `replication`, which would be whole copies of the server.\n";

static const char after[] =
    "\n-- Made once; it waits until the transactions that run now have ended."
    "\nSELECT pg_catalog.pg_create_logical_replication_slot('%s', 'pgoutput')\n"
    " WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots\n"
    "\tWHERE slot_name = '%s');\n";

static const char *
ask(const struct tables *t, const char *sql, const char *table)
{
	return live_text(t->pg, t->arena, sql, &table, 1);
}

/* The table and its partitions: each has an identity of its own. */
static const char identity_full[] =
    "SELECT string_agg(format('ALTER TABLE %s REPLICA IDENTITY FULL;', c.oid::"
    "regclass), E'\\n' ORDER BY c.oid) FROM pg_class AS c WHERE c.relreplident"
    " <> 'f' AND (c.oid = $1::regclass OR c.oid IN (SELECT relid FROM"
    " pg_partition_tree($1::regclass)))";

/* What is to be published of it: "t", "t (a, b)", or NULL. */
static const char *
write_identity(struct buf *out, const struct tables *t, const char *table)
{
	const char *kind = ask(t, "SELECT relkind FROM pg_class WHERE oid ="
	    " $1::regclass", table);
	const char *now = ask(t, "SELECT relreplident FROM pg_class WHERE oid ="
	    " $1::regclass", table);
	const char *names = ask(t, tables_names, table);
	const char *unkept = ask(t, tables_unkept, table), *full;

	buf_printf(out, "\n-- %s\n", table);
	if (kind == NULL || (kind[0] != 'r' && kind[0] != 'p')) {
		buf_printf(out, "-- is no table of this database: its changes are "
		    "not streamed\n");
		return NULL;
	}
	if (names == NULL || unkept != NULL) {
		full = ask(t, identity_full, table);
		buf_printf(out, names == NULL ?
		    "-- has no key: without this, UPDATE and DELETE would fail\n" :
		    "-- an old row must tell %s too; costs WAL\n", unkept);
		buf_printf(out, "%s\n", full == NULL ? "" : full);
		return table;
	}
	if (now[0] == 'f' || PQserverVersion(t->pg) < COLUMN_LISTS_FROM)
		return table;
	return arena_printf(t->arena, "%s (%s)", table, names);
}

static void
write_all(struct buf *out, const struct tables *t, const struct source *s)
{
	const char *published[TABLES_MAX];
	size_t n = 0;

	buf_printf(out, before, s->name);
	for (size_t i = 0; i < t->n; i++)
		if ((published[n] = write_identity(out, t, t->names[i])) != NULL)
			n++;
	buf_printf(out, "\nBEGIN;\nDROP PUBLICATION IF EXISTS %s;\n"
	    "CREATE PUBLICATION %s%s", s->slot, s->slot, n == 0 ? "" :
	    " FOR TABLE");
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s\n\t%s", i == 0 ? "" : ",", published[i]);
	buf_str(out, "\n\tWITH (publish_via_partition_root = true);\nCOMMIT;\n");
	buf_printf(out, after, s->slot, s->slot);
}

int
publication_write(struct buf *out, struct db_now *now,
    const struct catalogue *c, const struct source *s, bool drop,
    struct fault *f)
{
	struct tables t = { .pg = db_now_connection(now),
	    .arena = arena_new() };
	int rc = 0;

	PQclear(PQexec(t.pg, "SET search_path = pg_catalog"));
	for (size_t i = 0; i < c->dataset_count; i++)
		for (const struct dataset *d = c->datasets[i]; d != NULL && rc == 0 &&
		    d->source == s; d = d->older)
			rc = tables_look(&t, d, f);
	if (rc == 0 && drop)
		buf_printf(out, "DROP PUBLICATION IF EXISTS %s;\n"
		    "SELECT pg_catalog.pg_drop_replication_slot(slot_name)\n"
		    "  FROM pg_catalog.pg_replication_slots WHERE slot_name = '%s';\n"
		    "-- and what was given REPLICA IDENTITY FULL for it alone:\n"
		    "--   ALTER TABLE ... REPLICA IDENTITY DEFAULT;\n", s->slot,
		    s->slot);
	else if (rc == 0)
		write_all(out, &t, s);
	arena_free(t.arena);
	return rc;
}
