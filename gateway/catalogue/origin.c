/* SPDX-License-Identifier: Apache-2.0 */
/* origin.c - where each column comes from. */
#include <stddef.h>
#include "catalogue/origin.h"
#include <string.h>
#include "base/error.h"
#include "base/arena.h"
#include "base/text.h"
#include "catalogue/describe.h"
#include "catalogue/types.h"

static const char where[] =
    "SELECT n.nspname || '.' || c.relname || '.' || a.attname"
    " FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid"
    " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
    " WHERE a.attrelid = $1::oid AND a.attnum = $2::int";
static const char what[] = "SELECT col_description($1::oid, $2::int)";
static const char kind[] = "SELECT format_type($1::oid, $2::int)";

/* Items and columns go together unless a * stands for several. */
static void
find_expressions(struct origin *list, size_t n, struct arena *a, const char *text)
{
	struct sql_item items[COLUMNS_MAX];
	int column;

	if (n > COLUMNS_MAX || sqltext_items(text, items, COLUMNS_MAX) != n)
		return;
	for (size_t i = 0; i < n; i++) {
		list[i].said = arena_strndup(a, text + items[i].from,
		    items[i].to - items[i].from);
		sqltext_place(text, items[i].from, &list[i].line, &column);
	}
}

static void
find_origin(struct origin *o, struct arena *a, PGconn *pg, const PGresult *r,
    int i)
{
	const char *column[] = { arena_printf(a, "%u", PQftable(r, i)),
	    arena_printf(a, "%d", PQftablecol(r, i)) };
	const char *type[] = { arena_printf(a, "%u", PQftype(r, i)),
	    arena_printf(a, "%d", PQfmod(r, i)) };

	*o = (struct origin){ .path = arena_strdup(a, PQfname(r, i)),
	    .type = live_text(pg, a, kind, type, 2) };
	if (PQftable(r, i) != InvalidOid) {
		o->from = live_text(pg, a, where, column, 2);
		o->comment = live_text(pg, a, what, column, 2);
	}
}

int
origins_read(struct origin **out, size_t *n, struct arena *a,
    struct db_now *now, const struct dataset *d, struct fault *f)
{
	static const Oid types[] = { 0, T_TIMESTAMPTZ, T_TIMESTAMPTZ };
	PGconn *pg = db_now_connection(now);
	PGresult *r = PQprepare(pg, "origin", d->sql_text, countof(types), types);

	if (PQresultStatus(r) == PGRES_COMMAND_OK) {
		PQclear(r);
		r = PQdescribePrepared(pg, "origin");
	}
	if (PQresultStatus(r) != PGRES_COMMAND_OK) {
		live_refused(f, pg, r, d->sql_file, d->sql_text);
		PQclear(r);
		return E_BAD_INPUT;
	}
	*n = (size_t)PQnfields(r);
	*out = arena_alloc(a, (*n + 1) * sizeof(**out));
	for (int i = 0; i < PQnfields(r); i++)
		find_origin(&(*out)[i], a, pg, r, i);
	find_expressions(*out, *n, a, d->sql_text);
	PQclear(r);
	PQclear(PQexec(pg, "DEALLOCATE origin"));
	return 0;
}
