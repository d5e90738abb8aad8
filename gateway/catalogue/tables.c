/* SPDX-License-Identifier: Apache-2.0 */
/* tables.c - see tables.h. */
#include "catalogue/tables.h"
#include <string.h>
#include "base/buf.h"
#include "base/error.h"

/* ---- which tables ---- */

/* Of a partition, the table it belongs to; NULL when we have it already. */
static void
add(struct tables *t, const char *schema, const char *table)
{
	const char *values[] = { schema, table };
	const char *name = live_text(t->pg, t->arena, "SELECT r.oid::regclass"
	    " FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
	    " JOIN pg_class AS r ON r.oid = coalesce(pg_partition_root(c.oid),"
	    " c.oid) WHERE n.nspname = $1 AND c.relname = $2", values, 2);

	for (size_t i = 0; name != NULL && i < t->n; i++)
		if (strcmp(t->names[i], name) == 0)
			return;
	if (name != NULL && t->n < countof(t->names))
		t->names[t->n++] = name;
}

static void
walk(struct tables *t, const json_t *node)
{
	const char *schema = json_string_value(json_object_get(node, "Schema"));
	const char *table = json_string_value(json_object_get(node,
	    "Relation Name"));
	const json_t *plans = json_object_get(node, "Plans"), *inner;
	size_t i;

	if (schema != NULL && table != NULL)
		add(t, schema, table);
	json_array_foreach(plans, i, inner)
		walk(t, inner);
}

int
tables_look(struct tables *t, const struct dataset *d, struct fault *f)
{
	PGresult *r = PQprepare(t->pg, "look", d->page.text, 0, NULL);
	const char *text;
	struct buf b;
	json_t *all;
	int params, rc = 0;

	if (PQresultStatus(r) == PGRES_COMMAND_OK) {
		PQclear(r);
		r = PQdescribePrepared(t->pg, "look");
	}
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		rc = live_refused(f, t->pg, r, d->sql_file, d->sql_text);
	params = PQnparams(r);
	PQclear(r);
	if (rc < 0)
		return rc;
	buf_init_in(&b, t->arena);
	buf_str(&b, "EXPLAIN (FORMAT JSON, VERBOSE) EXECUTE look (NULL");
	for (int i = 1; i < params; i++)
		buf_str(&b, ", NULL");
	buf_char(&b, ')');
	text = live_text(t->pg, t->arena, b.data, NULL, 0);
	all = json_loads(text == NULL ? "[]" : text, 0, NULL);
	walk(t, json_object_get(json_array_get(all, 0), "Plan"));
	json_decref(all);
	PQclear(PQexec(t->pg, "DEALLOCATE look"));
	return 0;
}

/* ---- which columns ---- */

/* Of the primary key; or of another index or a foreign key, and no time. */
#define IN_PRIMARY \
    "EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = a.attrelid" \
    " AND i.indisprimary AND a.attnum = ANY (i.indkey::int2[]))"
#define IN_KEY \
    "(" IN_PRIMARY " OR a.atttypid NOT IN ('timestamptz'::regtype," \
    "  'timestamp'::regtype) AND (EXISTS (SELECT FROM pg_index AS i" \
    "   WHERE i.indrelid = a.attrelid AND a.attnum = ANY (i.indkey::int2[]))" \
    "  OR EXISTS (SELECT FROM pg_constraint AS k WHERE k.conrelid = a.attrelid" \
    "   AND k.contype = 'f' AND a.attnum = ANY (k.conkey))))"
#define COLUMNS \
    " FROM pg_attribute AS a WHERE a.attrelid = $1::regclass AND a.attnum > 0" \
    "  AND NOT a.attisdropped AND "

const char tables_key[] =
    "SELECT string_agg(format('%L, %s.%I', a.attname, $2::text, a.attname), ', '"
    "  ORDER BY a.attnum)" COLUMNS IN_KEY;
/* all of the key without any index */
const char tables_identity[] =
    "SELECT string_agg(format('%s.%I', $2::text, a.attname), ', ' ORDER BY a.attnum)"
    COLUMNS "a.attnum ="
    "  ANY ((SELECT i.indkey::int2[] FROM pg_index AS i WHERE i.indrelid ="
    "   a.attrelid AND i.indisunique AND i.indpred IS NULL"
    "   ORDER BY i.indisprimary DESC, i.indexrelid LIMIT 1)::int2[])";
const char tables_names[] =
    "SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)"
    COLUMNS IN_KEY;
const char tables_unkept[] =
    "SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)"
    COLUMNS IN_KEY " AND (SELECT CASE c.relreplident WHEN 'f' THEN false"
    "  WHEN 'd' THEN NOT " IN_PRIMARY
    "  WHEN 'i' THEN NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid ="
    "   a.attrelid AND i.indisreplident AND a.attnum = ANY (i.indkey::int2[]))"
    "  ELSE true END FROM pg_class AS c WHERE c.oid = a.attrelid)";

const struct statement tables_published = { .name = "published", .text =
    "-- $1 publication -> id, name, keys, primary_key: what is in it\n"
    "SELECT c.oid::bigint AS id, format('%I.%I', p.schemaname, p.tablename)"
    " AS name,\n"
    "  array(SELECT a.attname::text FROM pg_attribute AS a WHERE a.attrelid ="
    " c.oid AND a.attnum > 0 AND NOT a.attisdropped AND " IN_KEY ") AS keys,\n"
    "  array(SELECT a.attname::text FROM pg_attribute AS a WHERE a.attrelid ="
    " c.oid AND a.attnum > 0 AND " IN_PRIMARY ") AS primary_key\n"
    "  FROM pg_publication_tables AS p\n"
    "  JOIN pg_namespace AS n ON n.nspname = p.schemaname\n"
    "  JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname ="
    " p.tablename\n WHERE p.pubname = $1::text" };

const char *
tables_columns(const struct tables *t, const char *sql, const char *table,
    const char *row)
{
	const char *values[] = { table, row };

	return live_text(t->pg, t->arena, sql, values, 2);
}
