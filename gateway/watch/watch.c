/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch.c - one small machine per data set.
 *
 * A machine asks one question at a time and each answer asks the next:
 * horizon, claim, changed, wake, rest. Whatever fails ends the turn, is told
 * once in the log, and the next turn begins from the mark. After an outage the
 * span is cut into hours, so that no answer is larger than an hour's changes.
 */
#include "watch/watch.h"
#include <assert.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/settings.h"
#include "base/text.h"
#include "catalogue/catalogue.h"
#include "catalogue/page.h"
#include "db/db.h"
#include "http/house.h"

/* A dead watcher's data sets are another's after three turns and a little. */
enum { LEASE_TURNS = 3, LEASE_MORE_S = 3, ALL_EVERY_S = 3600 };
static const int64_t span_max_us = 3600LL * 1000000;

struct machine {
	struct watch *watch;
	const struct dataset *dataset;
	struct event *turn;
	int64_t horizon_us, since_us, until_us;
	bool failing;			/* told already */
	bool asking;
	struct horizon_wait *wait;
	struct question *question;
};

struct watch {
	struct house *house;
	char owner[UUID_TEXT];
	struct machine *machines;
	size_t n;
};

/* ---- the end of a turn ---- */

static void
rest(struct machine *m, bool at_once)
{
	int64_t ms = at_once ? 0 : m->watch->house->settings->watch_interval_ms;
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	m->asking = false;
	evtimer_add(m->turn, &tv);
}

static void
fail(struct machine *m, const char *doing, int failure)
{
	if (!m->failing)
		log_warning("watch waits dataset=%s source=%s doing=\"%s\" "
		    "error=%s", m->dataset->schema->id, m->dataset->source->name,
		    doing, error_name(failure));
	m->failing = true;
	rest(m, false);
}

static void
ask(struct machine *m, struct db *db, const struct statement *st,
    const struct params *p, db_on_rows *then, const char *doing)
{
	m->question = db_ask(db, st, p, then, m);
	if (m->question == NULL)
		fail(m, doing, E_FULL);
}

/* ---- waking ---- */

static void
on_woken(struct rows *rows, int failure, void *arg)
{
	struct machine *m = arg;

	m->question = NULL;
	if (failure < 0) {
		fail(m, "wake subscriptions", failure);
		return;
	}
	if (m->failing)
		log_info("watch goes on dataset=%s", m->dataset->schema->id);
	m->failing = false;
	if (row_int(rows, 0, "woken") > 0)
		log_info("subscriptions woken dataset=%s n=%lld",
		    m->dataset->schema->id, (long long)row_int(rows, 0, "woken"));
	/* more to catch up: go on at once */
	rest(m, row_int(rows, 0, "moved") == 1 && m->until_us < m->horizon_us);
}

static void
span(struct params *p, const struct machine *m)
{
	params_init(p);
	params_text(p, m->dataset->source->name);
	params_text(p, m->dataset->schema->id);
	params_time(p, m->since_us);
	params_time(p, m->until_us);
}

static void
on_changed(struct rows *rows, int failure, void *arg)
{
	struct machine *m = arg;
	struct arena *a;
	struct params p;
	const char **who;
	int n;

	m->question = NULL;
	if (failure < 0) {
		fail(m, "ask who changed", failure);
		return;
	}
	n = rows_count(rows);
	a = arena_new();
	who = arena_alloc(a, (size_t)(n + 1) * sizeof(*who));
	for (int i = 0; i < n; i++)
		who[i] = row_text(rows, i, "customer");
	span(&p, m);
	params_texts(&p, a, who, (size_t)n);
	ask(m, m->watch->house->db, SQL_WATCH_WAKE, &p, on_woken,
	    "wake subscriptions");
	arena_free(a);
}

/* ---- asking ---- */

static bool
tells_who(const struct machine *m)
{
	return m->dataset->changed.text != NULL;
}

static void
ask_changed(struct machine *m)
{
	struct params p;

	if (tells_who(m)) {
		params_init(&p);
		params_time(&p, m->since_us);
		params_time(&p, m->until_us);
		ask(m, m->dataset->source->db, &m->dataset->changed, &p,
		    on_changed, "ask who changed");
	} else {
		span(&p, m);
		ask(m, m->watch->house->db, SQL_WATCH_WAKE_ALL, &p, on_woken,
		    "wake subscriptions");
	}
}

static void
on_claimed(struct rows *rows, int failure, void *arg)
{
	struct machine *m = arg;
	int64_t least = tells_who(m) ? 0 : (int64_t)ALL_EVERY_S * 1000000;

	m->question = NULL;
	if (failure < 0) {
		fail(m, "claim the data set", failure);
		return;
	}
	if (rows_count(rows) == 0) {		/* another host watches it */
		rest(m, false);
		return;
	}
	m->since_us = row_time(rows, 0, "mark");
	m->until_us = m->horizon_us - m->since_us > span_max_us && tells_who(m) ?
	    m->since_us + span_max_us : m->horizon_us;
	if (m->until_us <= m->since_us + least)
		rest(m, false);
	else
		ask_changed(m);
}

static void
on_horizon_known(int64_t us, int failure, void *arg)
{
	struct machine *m = arg;
	struct params p;

	m->wait = NULL;
	if (failure < 0) {
		fail(m, "know the horizon", failure);
		return;
	}
	m->horizon_us = us;
	params_init(&p);
	params_text(&p, m->dataset->source->name);
	params_text(&p, m->dataset->schema->id);
	params_text(&p, m->watch->owner);
	params_int(&p, LEASE_MORE_S + LEASE_TURNS *
	    m->watch->house->settings->watch_interval_ms / 1000);
	params_time(&p, us);
	ask(m, m->watch->house->db, SQL_WATCH_CLAIM, &p, on_claimed,
	    "claim the data set");
}

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct machine *m = arg;

	(void)fd;
	(void)what;
	assert(!m->asking);
	m->asking = true;
	m->wait = horizon_ask(m->dataset->source, on_horizon_known, m);
	if (m->wait == NULL)
		fail(m, "know the horizon", E_FULL);
}

/* ---- beginning and end ---- */

struct watch *
watch_new(struct house *h)
{
	struct watch *w = xcalloc(1, sizeof(*w));
	struct uuid id;

	uuid_make(&id);
	uuid_text(w->owner, &id);
	w->house = h;
	w->n = catalogue_count(h->catalogue);
	w->machines = xcalloc(w->n + 1, sizeof(*w->machines));
	for (size_t i = 0; i < w->n; i++) {
		struct machine *m = &w->machines[i];

		m->watch = w;
		m->dataset = catalogue_at(h->catalogue, i);
		m->turn = evtimer_new(h->base, on_turn, m);
		rest(m, true);
	}
	return w;
}

void
watch_free(struct watch *w)
{
	if (w == NULL)
		return;
	for (size_t i = 0; i < w->n; i++) {
		struct machine *m = &w->machines[i];

		event_free(m->turn);
		if (m->wait != NULL)
			horizon_forget(m->wait);
		if (m->question != NULL)
			db_forget(m->question);
	}
	free(w->machines);
	free(w);
}
