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

static enum next
ask(struct call *c, const struct statement *s, bool one)
{
	struct uuid id;
	struct params p;

	if (one && uuid_parse(&id, call_path_arg(c, "grant")) < 0)
		return mine_unknown(c);
	params_init(&p);
	params_uuid(&p, &c->session->subject.id);
	params_uuid(&p, one ? &id : NULL);
	return call_ask(c, c->house->db, s, &p);
}

enum next
mine_ask(struct call *c, bool one)
{
	return ask(c, SQL_CUSTOMER_GRANTS, one);
}

enum next
mine_shared_ask(struct call *c, bool one)
{
	return ask(c, SQL_COHOLDER_GRANTS, one);
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

/* What both lists tell. */
static void
read_common(struct call *c, int i, struct me_grant *g)
{
	size_t n;

	*g = (struct me_grant){
		.id = text(c, i, "id"),
		.client_id = text(c, i, "client"),
		.client_name = text(c, i, "name"),
		.kind = text(c, i, "kind"),
		.client_uri = text(c, i, "uri"),
		.state = text(c, i, "state"),
		.datasets = row_texts(c->rows, i, "datasets", c->arena, &n),
		.created_us = row_time(c->rows, i, "created"),
		.expires_us = row_time(c->rows, i, "expires"),
		.ended_us = row_time(c->rows, i, "ended"),
		.last_us = row_time(c->rows, i, "last"),
		.records = row_int(c->rows, i, "records"),
		.first_day_us = row_int(c->rows, i, "first_day"),
		.last_day_us = row_int(c->rows, i, "last_day"),
		.awaits = row_int(c->rows, i, "awaits"),
		.awaits_until_us = row_time(c->rows, i, "awaits_until")
	};
	read_period(c, i, g);
}

static void
read_one(struct call *c, int i, struct me_grant *g)
{
	int64_t most = c->house->settings->grant_days_max;

	read_common(c, i, g);
	g->ended_by = text(c, i, "ended_by");
	g->address = text(c, i, "address");
	g->stuck = text(c, i, "stuck");
	g->opened = row_bool(c->rows, i, "opened");
	g->beginning = row_bool(c->rows, i, "beginning");
	g->holders = row_int(c->rows, i, "holders");
	g->days_max = catalogue_consent_days(c->house->catalogue, g->datasets,
	    most);
}

static void
read_shared(struct call *c, int i, struct me_grant *g)
{
	read_common(c, i, g);
	g->answer = text(c, i, "answer");
	g->purpose = text(c, i, "purpose");
}

static struct me_grant *
read_all(struct call *c, size_t *n,
    void (*read)(struct call *, int, struct me_grant *))
{
	int count = rows_count(c->rows);
	struct me_grant *grants = arena_alloc(c->arena,
	    ((size_t)count + 1) * sizeof(*grants));

	for (int i = 0; i < count; i++)
		read(c, i, &grants[i]);
	*n = (size_t)count;
	return grants;
}

struct me_grant *
mine_read(struct call *c, size_t *n)
{
	return read_all(c, n, read_one);
}

struct me_grant *
mine_shared_read(struct call *c, size_t *n)
{
	return read_all(c, n, read_shared);
}
