/* SPDX-License-Identifier: Apache-2.0 */
/* mine.c - reading a customer's grants, shared by her pages. */
#include "routes/mine.h"
#include "base/arena.h"
#include "base/settings.h"
#include "base/text.h"
#include "consent/details.h"
#include "consent/session.h"

enum next
mine_unknown(struct call *c)
{
	return call_refuse(c, 404, "no_such_grant",
	    "there is no such permission among yours");
}

enum next
mine_ask(struct call *c, bool one)
{
	struct uuid id;
	struct params p;

	if (one && uuid_parse(&id, call_path_arg(c, "grant")) < 0)
		return mine_unknown(c);
	params_init(&p);
	params_uuid(&p, &c->session->subject.id);
	params_uuid(&p, one ? &id : NULL);
	return call_ask(c, c->house->db, SQL_CUSTOMER_GRANTS, &p);
}

static const char *
text(struct call *c, int i, const char *column)
{
	return arena_strdup(c->arena, row_text(c->rows, i, column));
}

/* The widest of its periods: of the data sets that have one. */
static void
read_period(struct call *c, int i, struct me_grant *g)
{
	struct details d;
	const char *why;

	if (details_read(&d, c->arena, NULL, row_text(c->rows, i, "details"),
	    &why) < 0)
		return;
	for (size_t k = 0; k < d.n; k++) {
		int64_t us;

		if (d.list[k].from != NULL &&
		    detail_moment(&us, d.list[k].from) == 0 &&
		    (g->from_us == 0 || us < g->from_us))
			g->from_us = us;
		if (d.list[k].to != NULL &&
		    detail_moment(&us, d.list[k].to) == 0 && us > g->to_us)
			g->to_us = us;
	}
}

static void
read_one(struct call *c, int i, struct me_grant *g)
{
	int64_t most = c->house->settings->grant_days_max;
	size_t n;

	*g = (struct me_grant){
		.id = text(c, i, "id"),
		.client_id = text(c, i, "client"),
		.client_name = text(c, i, "name"),
		.kind = text(c, i, "kind"),
		.client_uri = text(c, i, "uri"),
		.state = text(c, i, "state"),
		.ended_by = text(c, i, "ended_by"),
		.address = text(c, i, "address"),
		.datasets = row_texts(c->rows, i, "datasets", c->arena, &n),
		.created_us = row_time(c->rows, i, "created"),
		.expires_us = row_time(c->rows, i, "expires"),
		.ended_us = row_time(c->rows, i, "ended"),
		.last_us = row_time(c->rows, i, "last"),
		.records = row_int(c->rows, i, "records"),
		.stuck = text(c, i, "stuck")
	};
	read_period(c, i, g);
	g->days_max = catalogue_consent_days(c->house->catalogue, g->datasets,
	    most);
}

struct me_grant *
mine_read(struct call *c, size_t *n)
{
	int count = rows_count(c->rows);
	struct me_grant *grants = arena_alloc(c->arena,
	    ((size_t)count + 1) * sizeof(*grants));

	for (int i = 0; i < count; i++)
		read_one(c, i, &grants[i]);
	*n = (size_t)count;
	return grants;
}
