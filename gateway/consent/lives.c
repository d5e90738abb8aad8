/* SPDX-License-Identifier: Apache-2.0 */
/* lives.c - what becomes of customers, as their sources tell. */
#include "consent/lives.h"
#include <event2/event.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/settings.h"
#include "catalogue/catalogue.h"
#include "consent/grant.h"
#include "http/house.h"
#include "journal/line.h"

struct lives {
	struct house *house;
	struct event *timer;
	struct question *question;	/* one at a time */
	struct arena *arena;		/* of this round */
	struct rows *due;		/* grants to look at, with their customers */
	int row;
	size_t source;
	struct coholders *others;	/* of the grant at hand, as told so far */
	bool unsure;			/* some source did not say */
};

static void step(struct lives *);

static void
again(struct lives *l, int64_t ms)
{
	const struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	evtimer_add(l->timer, &tv);
}

static void
end_round(struct lives *l)
{
	bool full = l->due != NULL && rows_count(l->due) == 100;

	rows_free(l->due);
	l->due = NULL;
	arena_free(l->arena);
	l->arena = NULL;
	again(l, full ? 100 : l->house->settings->lives_interval_ms);
}

static void
next_grant(struct lives *l)
{
	l->row++;
	l->source = 0;
	l->others->n = 0;
	l->unsure = false;
	step(l);
}

/* ---- what becomes of a grant ---- */

static void
on_changed(struct rows *r, int failure, void *arg)
{
	struct lives *l = arg;

	(void)r;
	l->question = NULL;
	if (failure != 0)
		log_warning("a customer's change was not kept cause=%s",
		    error_name(failure));
	next_grant(l);
}

static void end_grant(struct lives *, const char *reason);

/* Nobody renamed: somebody of that reference is here already. */
static void
on_renamed(struct rows *r, int failure, void *arg)
{
	struct lives *l = arg;

	if (failure == 0 && rows_count(r) == 0) {
		l->question = NULL;
		end_grant(l, "merged");
	} else {
		on_changed(r, failure, arg);
	}
}

static void
ask(struct lives *l, const struct statement *s, const struct params *p)
{
	l->question = db_ask(l->house->db, s, p, on_changed, l);
	if (l->question == NULL)
		end_round(l);
}

static void
end_grant(struct lives *l, const char *reason)
{
	struct grant g;
	struct params p;

	grant_read(&g, l->due, l->row, l->arena);
	log_info("grant=%s ended: its customer may no longer take part "
	    "reason=%s", g.id_text, reason);
	params_init(&p);
	grant_end_params(&p, l->arena, &g, "system", reason, NULL);
	ask(l, SQL_GRANT_END, &p);
}

static void
follow(struct lives *l, const char *customer)
{
	struct grant g;
	struct line line = { .event = "consent.changed", .records = -1,
	    .bytes = -1, .actor = "system", .reason = "another reference" };
	struct line_row row;
	struct params p;

	grant_read(&g, l->due, l->row, l->arena);
	line.to = g.client_id;
	line.subject = &g.subject;
	line.grant = &g.id;
	line_make(&row, l->arena, &line);
	log_info("grant=%s its customer goes by another reference", g.id_text);
	params_init(&p);
	params_uuid(&p, &g.subject.id);
	params_text(&p, customer);
	line_params(&p, &row);
	l->question = db_ask(l->house->db, SQL_SUBJECT_RENAME, &p, on_renamed, l);
	if (l->question == NULL)
		end_round(l);
}

/* Does the grant give data of this source? */
static bool
concerns(struct lives *l, const struct source *s)
{
	size_t n;
	const char **ids = row_texts(l->due, l->row, "datasets", l->arena, &n);

	for (size_t i = 0; i < n; i++) {
		const struct dataset *d = dataset_find(l->house->catalogue,
		    ids[i]);

		if (d != NULL && d->source == s)
			return true;
	}
	return false;
}

/* ---- who holds with her ---- */

static void
add_lines(struct params *p, struct lives *l, const struct grant *g)
{
	struct line line = { .event = "consent.coholders", .to = g->client_id,
	    .records = -1, .bytes = -1, .actor = "system",
	    .subject = &g->subject, .grant = &g->id };
	struct line_row *rows = arena_alloc(l->arena, 2 * sizeof(*rows));

	line_make(&rows[0], l->arena, &line);
	line.event = "consent.given";
	line.outcome = "agreed";
	line_make(&rows[1], l->arena, &line);
	line_params(p, &rows[0]);
	line_params(p, &rows[1]);
}

/* All sources have told. False: there is nothing to write down. */
static bool
follow_holders(struct lives *l)
{
	const char *customer = row_text(l->due, l->row, "customer"), *why;
	struct agreement now;
	struct details d;
	struct grant g;
	struct params p;

	grant_read(&g, l->due, l->row, l->arena);
	if (l->unsure || details_read(&d, l->arena, NULL, g.details, &why) < 0)
		return false;
	agreement_make(&now, l->others, l->house->catalogue, &d, customer);
	if (now.n == 0 && !row_bool(l->due, l->row, "held"))
		return false;
	params_init(&p);
	params_uuid(&p, &g.id);
	agreement_params(&p, l->arena, &now, l->house->settings);
	add_lines(&p, l, &g);
	ask(l, SQL_GRANT_HOLDERS, &p);
	return true;
}

static void
take_holders(struct lives *l, const struct source *s, const struct rows *r)
{
	const char *why;

	if (coholders_read(l->others, l->arena, s, row_text(r, 0, "facts"),
	    &why) == 0)
		return;
	log_warning("code=E235 file=%s coholders why=\"%s\"", s->customers_file,
	    why);
	l->unsure = true;
}

/* ---- what a source said ---- */

static const char *
named(struct lives *l, const struct rows *r)
{
	json_t *facts = json_loads(row_text(r, 0, "facts"),
	    JSON_DECODE_INT_AS_REAL, NULL);
	const char *name = arena_strdup(l->arena, json_string_value(
	    json_object_get(facts, "customer")));

	json_decref(facts);
	return name;
}

static void
on_told(struct rows *r, int failure, void *arg)
{
	struct lives *l = arg;
	const char *asked, *name;

	l->question = NULL;
	if (failure != 0 || rows_count(r) == 0) {
		l->unsure = true;
		l->source++;		/* away, or nothing known: nothing decided */
		step(l);
		return;
	}
	if (!row_null(r, 0, "reason")) {
		end_grant(l, arena_strdup(l->arena, row_text(r, 0, "reason")));
		return;
	}
	asked = row_text(l->due, l->row, "customer");
	name = named(l, r);
	if (name != NULL && strcmp(name, asked) != 0) {
		follow(l, name);
		return;
	}
	take_holders(l, catalogue_source(l->house->catalogue, l->source), r);
	l->source++;
	step(l);
}

/* Asks the next source about the grant at hand; false: there is none left. */
static bool
ask_source(struct lives *l)
{
	const struct catalogue *all = l->house->catalogue;

	for (; l->source < catalogue_source_count(all); l->source++) {
		struct source *s = catalogue_source(all, l->source);
		struct params p;

		if (s->customer.text == NULL || !concerns(l, s))
			continue;
		params_init(&p);
		params_text(&p, row_text(l->due, l->row, "customer"));
		l->question = db_ask(s->db, &s->customer, &p, on_told, l);
		if (l->question != NULL)
			return true;
		l->unsure = true;
	}
	return false;
}

/* The next source, then who holds with her, then the next grant. */
static void
step(struct lives *l)
{
	if (l->row == rows_count(l->due))
		end_round(l);
	else if (!ask_source(l) && !follow_holders(l))
		next_grant(l);
}

static void
on_due(struct rows *r, int failure, void *arg)
{
	struct lives *l = arg;

	l->question = NULL;
	if (failure != 0) {
		again(l, l->house->settings->lives_interval_ms);
		return;
	}
	l->due = rows_keep(r);
	l->arena = arena_new();
	l->others = arena_alloc(l->arena, sizeof(*l->others));
	l->row = -1;
	next_grant(l);
}

static void
on_turn(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct lives *l = arg;
	struct params p;

	params_init(&p);
	params_int(&p, l->house->settings->lives_interval_ms);
	l->question = db_ask(l->house->db, SQL_GRANT_LIVES, &p, on_due, l);
	if (l->question == NULL)
		again(l, l->house->settings->lives_interval_ms);
}

struct lives *
lives_new(struct house *h)
{
	struct lives *l = xcalloc(1, sizeof(*l));

	l->house = h;
	l->timer = evtimer_new(h->base, on_turn, l);
	again(l, 1000);
	return l;
}

void
lives_free(struct lives *l)
{
	if (l == NULL)
		return;
	if (l->question != NULL)
		db_forget(l->question);
	rows_free(l->due);
	arena_free(l->arena);
	event_free(l->timer);
	free(l);
}
