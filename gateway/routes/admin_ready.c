/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /ready: should calls be sent here? For balancers.
 *
 * Every part is named with its state. Without its own database a worker can
 * answer nobody: 503. A source that is away is told, but 200: the data sets of
 * the others are served, and those of this one are away from every worker.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/jw.h"
#include "catalogue/catalogue.h"
#include "http/house.h"
#include "routes/routes.h"

enum { WEEK_S = 7 * 86400, CLOCK_US = 10000000 };

struct ready { int64_t asked_us; struct buf body; };

static enum next
ask(struct call *c)
{
	struct ready *r = c->own;

	r->asked_us = clock_mono_us();
	return call_ask_anyway(c, c->house->db, SQL_PING, PARAMS_NONE);
}

static void
part(struct jw *w, const char *kind, const char *name, bool fine,
    const char *why)
{
	jw_object(w);
	jw_str_member(w, "part", kind);
	jw_str_member(w, "name", name);
	jw_bool_member(w, "ready", fine);
	if (!fine)
		jw_str_member(w, "why", why);
	jw_end_object(w);
}

static void
sources(struct jw *w, const struct catalogue *catalogue)
{
	for (size_t i = 0; i < catalogue_source_count(catalogue); i++) {
		const struct source *s = catalogue_source(catalogue, i);

		part(w, "source", s->name, s->db != NULL && db_ready(s->db),
		    "its database is away");
	}
}

/* Told, but no reason to send calls elsewhere: the other hosts are no better,
 * or it is a person who must mend it. */
static void
clocks(struct jw *w, const struct call *c)
{
	int64_t off;

	if (c->house->certificate_expires != 0)
		part(w, "certificate", "tls", clock_s() + WEEK_S <
		    c->house->certificate_expires, "it expires within a week");
	if (c->failure != 0)
		return;
	off = clock_us() - row_time(c->rows, 0, "now");
	part(w, "clock", "own", off < CLOCK_US && off > -CLOCK_US,
	    "this host and its database differ by more than ten seconds");
}

static enum next
say(struct call *c)
{
	struct ready *r = c->own;
	bool fine = c->failure == 0;
	struct jw w;

	buf_init_in(&r->body, c->arena);
	jw_init(&w, &r->body);
	jw_object(&w);
	jw_bool_member(&w, "ready", fine);
	jw_int_member(&w, "database_us", clock_mono_us() - r->asked_us);
	jw_key(&w, "parts");
	jw_array(&w);
	part(&w, "database", "own", fine, error_name(c->failure));
	clocks(&w, c);
	sources(&w, c->house->catalogue);
	jw_end_array(&w);
	jw_end_object(&w);
	buf_char(&r->body, '\n');
	return call_answer_buf(c, fine ? 200 : 503, "application/json", &r->body);
}

static const struct step steps[] = {
	{ "ask", ask },
	{ "say", say },
	{ NULL, NULL }
};

const struct route route_admin_ready = {
	"GET", "/ready", steps, .own_size = sizeof(struct ready)
};
