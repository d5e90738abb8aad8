/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /status: does the counter work? For anybody, without a word about what is
 * behind it (that is /ready's, on the admin address).
 *
 * This worker asks its database at most every ten seconds, whoever looks. When it
 * is away the page says so, 200: the question was answered.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "consent/session.h"
#include "http/call.h"
#include "pages/layout.h"
#include "pages/status_page.h"
#include "routes/routes.h"

enum {
	KEPT_S = 10,
	LATE_S = 900,		/* a delivery due for so long is late */
	SEALED_S = 60		/* a line waits a second for its seal */
};

static struct { int64_t at_s, late_s, staged, signed_us, moved_s; } kept;

static enum next
know(struct call *c)
{
	if (kept.at_s != 0 && clock_mono_us() / 1000000 - kept.at_s < KEPT_S &&
	    db_ready(c->house->db))
		return NEXT;
	return call_ask_anyway(c, c->house->db, SQL_STATUS_PUBLIC, PARAMS_NONE);
}

/* Lines wait, and no checkpoint came since: for how long is what counts. */
static void
take(const struct rows *r)
{
	int64_t now = clock_mono_us() / 1000000;
	int64_t signed_us = row_time(r, 0, "signed");

	kept.at_s = now;
	kept.late_s = row_int(r, 0, "late_s");
	kept.staged = row_int(r, 0, "staged");
	if (kept.staged == 0 || signed_us != kept.signed_us || kept.moved_s == 0)
		kept.moved_s = now;
	kept.signed_us = signed_us;
}

static void
sources(struct status_view *v, struct call *c)
{
	const struct catalogue *all = c->house->catalogue;
	size_t n = catalogue_count(all);
	const struct schema **absent = arena_alloc(c->arena,
	    (n + 1) * sizeof(*absent));

	for (size_t i = 0; i < n; i++) {
		const struct dataset *d = catalogue_at(all, i);

		if (d->source->db == NULL || !db_ready(d->source->db))
			absent[v->absent_n++] = d->schema;
	}
	v->absent = absent;
	v->data = v->absent_n == 0 ? WORKS : v->absent_n < n ? SLOW : AWAY;
}

static enum next
show(struct call *c)
{
	struct status_view v = { .now_us = clock_us() };
	struct layout l;

	if (c->failure == 0 && c->rows != NULL)
		take(c->rows);
	sources(&v, c);
	if (c->failure != 0) {
		v.permissions = v.sending = v.record = AWAY;
	} else {
		v.sending = kept.late_s > LATE_S ? SLOW : WORKS;
		v.record = kept.staged > 0 &&
		    kept.at_s - kept.moved_s > SEALED_S ? SLOW : WORKS;
	}
	layout_init(&l, c, call_lang(c));
	layout_begin(&l, "status.title");
	status_page(&l.h, &v);
	return layout_end(&l, 200);
}

static const struct step steps[] = {
	{ "know", know },
	{ "show", show },
	{ NULL, NULL }
};

const struct route route_status = {
	.method = "GET", .path = "/status", .steps = steps, .kind = ROUTE_PAGE
};
