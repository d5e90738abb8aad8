/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /me: the customer's dashboard: who receives what, what happened, what
 * ended. Three questions: her grants, those of who holds with her, and a page of
 * her own journal.
 */
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/settings.h"
#include "base/text.h"
#include "catalogue/catalogue.h"
#include "consent/session.h"
#include "http/call.h"
#include "journal/events.h"
#include "pages/layout.h"
#include "pages/me_page.h"
#include "routes/mine.h"
#include "routes/routes.h"

enum { LINES_READ = 1000 };		/* as in customer_history.sql */

struct me {
	struct me_grant *grants, *shared;
	size_t grant_count, shared_count;
};

static enum next
ask_grants(struct call *c)
{
	return mine_ask(c, false);
}

static enum next
ask_shared(struct call *c)
{
	struct me *own = c->own;

	own->grants = mine_read(c, &own->grant_count);
	return mine_shared_ask(c, false);
}

static enum next
ask_history(struct call *c)
{
	struct me *own = c->own;
	const char *before = call_query_arg(c, "before");
	struct uuid id;
	struct params p;

	own->shared = mine_shared_read(c, &own->shared_count);
	if (before != NULL && uuid_parse(&id, before) < 0)
		before = NULL;
	params_init(&p);
	params_uuid(&p, &c->session->subject.id);
	params_uuid(&p, before == NULL ? NULL : &id);
	params_text(&p, c->house->settings->time_zone);
	return call_ask(c, c->house->db, SQL_CUSTOMER_HISTORY, &p);
}

static const struct wording *
title_of(struct call *c, const char *dataset)
{
	const struct schema *const *s = catalogue_schemas(c->house->catalogue);

	for (; dataset != NULL && *s != NULL; s++)
		if (strcmp((*s)->id, dataset) == 0)
			return &(*s)->title;
	return NULL;
}

static void
read_event(struct call *c, int i, struct me_event *e)
{
	const char *name = row_text(c->rows, i, "event");

	*e = (struct me_event){
		.at_us = row_time(c->rows, i, "at"),
		.event = name,
		.kind = event_find(name),
		.to = row_text(c->rows, i, "name"),
		.dataset = title_of(c, row_text(c->rows, i, "dataset")),
		.records = row_null(c->rows, i, "records") ? -1 :
		    row_int(c->rows, i, "records"),
		.first_day_us = row_int(c->rows, i, "first_day"),
		.last_day_us = row_int(c->rows, i, "last_day"),
		.times = row_int(c->rows, i, "times"),
		.outcome = row_text(c->rows, i, "outcome")
	};
}

/* Of the lines read, the first in time. */
static const char *
oldest_of(struct call *c)
{
	const char *oldest = NULL;

	for (int i = 0; i < rows_count(c->rows); i++) {
		const char *id = row_text(c->rows, i, "oldest");

		if (oldest == NULL || strcmp(id, oldest) < 0)
			oldest = id;
	}
	return oldest;
}

static struct me_event *
read_history(struct call *c, size_t *n, const char **older)
{
	int count = rows_count(c->rows);
	struct me_event *events = arena_alloc(c->arena,
	    ((size_t)count + 1) * sizeof(*events));

	*older = count > 0 && row_int(c->rows, 0, "read") == LINES_READ ?
	    arena_printf(c->arena, "/me?before=%s#history", oldest_of(c)) : NULL;
	for (int i = 0; i < count; i++)
		read_event(c, i, &events[i]);
	*n = (size_t)count;
	return events;
}

/* "withdrawn=<grant>" comes from our own redirect: only a grant of hers that
 * is truly over is announced. */
static const char *
just_withdrawn(struct call *c, const struct me *own)
{
	const char *id = call_query_arg(c, "withdrawn");

	for (size_t i = 0; id != NULL && i < own->grant_count; i++)
		if (strcmp(own->grants[i].id, id) == 0 &&
		    strcmp(own->grants[i].state, "withdrawn") == 0)
			return own->grants[i].client_name;
	return NULL;
}

/* "done=pause&grant=..." comes from our own redirect too; what it announces is
 * no more than what the card beside it shows. */
static void
take_done(struct call *c, const struct me *own, struct me_view *v)
{
	static const char *const acts[] = { "pause", "resume", "extend",
	    "agree", "refuse" };
	const char *id = call_query_arg(c, "grant");
	const char *done = call_query_arg(c, "done");

	for (size_t i = 0; id != NULL && i < own->grant_count; i++)
		if (strcmp(own->grants[i].id, id) == 0)
			v->done_to = own->grants[i].client_name;
	for (size_t i = 0; id != NULL && i < own->shared_count; i++)
		if (strcmp(own->shared[i].id, id) == 0)
			v->done_to = own->shared[i].client_name;
	for (size_t i = 0; done != NULL && i < countof(acts); i++)
		if (v->done_to != NULL && strcmp(acts[i], done) == 0)
			v->done = acts[i];
}

static enum next
show(struct call *c)
{
	struct me *own = c->own;
	struct me_view v = {
		.name = c->session->name,
		.grants = own->grants,
		.grant_count = own->grant_count,
		.shared = own->shared,
		.shared_count = own->shared_count,
		.csrf = c->session->csrf,
		.withdrawn = just_withdrawn(c, own),
		.now_us = clock_us(),
		.catalogue = c->house->catalogue
	};
	struct layout l;

	take_done(c, own, &v);
	v.events = read_history(c, &v.event_count, &v.older);
	layout_init(&l, c, call_lang(c));
	layout_begin(&l, "me.title");
	me_page(&l.h, &v);
	return layout_end(&l, 200);
}

static const struct step me_steps[] = {
	{ "find session", session_find },
	{ "know customer", session_know },
	{ "is it hers", session_require },
	{ "ask grants", ask_grants },
	{ "ask shared", ask_shared },
	{ "ask history", ask_history },
	{ "show", show },
	{ NULL, NULL }
};

const struct route route_me = {
	.method = "GET", .path = "/me", .steps = me_steps,
	.own_size = sizeof(struct me), .kind = ROUTE_PAGE
};
