/* SPDX-License-Identifier: Apache-2.0 */
/* origin.c - where each column comes from. */
#include <stddef.h>
#include "catalogue/origin.h"
#include <string.h>
#include "base/error.h"
#include "catalogue/describe.h"
#include "catalogue/types.h"

static const char where[] =
    "SELECT n.nspname || '.' || c.relname || '.' || a.attname"
    " FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid"
    " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
    " WHERE a.attrelid = $1::oid AND a.attnum = $2::int";
static const char what[] = "SELECT col_description($1::oid, $2::int)";

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
	for (int i = 0; i < PQnfields(r); i++) {
		struct origin *o = &(*out)[i];
		const char *values[] = { arena_printf(a, "%u", PQftable(r, i)),
		    arena_printf(a, "%d", PQftablecol(r, i)) };

		o->path = arena_strdup(a, PQfname(r, i));
		if (PQftable(r, i) == InvalidOid)
			continue;
		o->from = live_text(pg, a, where, values, 2);
		o->comment = live_text(pg, a, what, values, 2);
	}
	PQclear(r);
	PQclear(PQexec(pg, "DEALLOCATE origin"));
	return 0;
}
