/* SPDX-License-Identifier: Apache-2.0 */
/*
 * by_time.c - who changed in [mark, horizon)? The adapter's question by time.
 *
 * horizon, claim, changed, wake, rest. After an outage the span is cut into
 * hours, so that no answer is larger than an hour's changes.
 *
 * By overlap the question is about [mark, whenever) each time, since any of it
 * may still be joined by what commits late; only what is news wakes anybody. It
 * rests ten times as long as it took, so that a wide span does not weigh.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/settings.h"
#include "http/house.h"
#include "watch/watch.h"
#include "watch/watch_own.h"

enum { ALL_EVERY_S = 3600, REST_TIMES = 10 };
static const int64_t span_max_us = 3600LL * 1000000;

static bool
by_overlap(const struct machine *m)
{
	return m->dataset->source->capture == CAPTURE_OVERLAP;
}

/* ---- waking ---- */

static void
rest(struct machine *m)
{
	int64_t ms = m->watch->house->settings->watch_interval_ms;
	int64_t took = (clock_mono_us() - m->asked_us) / 1000;

	machine_rest(m, by_overlap(m) && took * REST_TIMES > ms ?
	    took * REST_TIMES : ms);
}

static void
on_woken(struct rows *rows, int failure, void *arg)
{
	struct machine *m = arg;

	if (!machine_woken(m, rows, failure))
		return;
	if (row_int(rows, 0, "moved") == 1)
		seen_keep(&m->seen);
	/* more to catch up: go on at once */
	if (row_int(rows, 0, "moved") == 1 && m->until_us < m->horizon_us)
		machine_rest(m, 0);
	else
		rest(m);
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

/* Those who are news; all are, unless it is asked again and again. */
static size_t
news(struct machine *m, struct rows *rows, const char **who)
{
	size_t n = 0;

	seen_begin(&m->seen);
	for (int i = 0; i < rows_count(rows); i++)
		if (!by_overlap(m) || seen_add(&m->seen, row_int(rows, i,
		    "seen")))
			who[n++] = row_text(rows, i, "customer");
	return n;
}

static void
on_changed(struct rows *rows, int failure, void *arg)
{
	struct machine *m = arg;
	struct arena *a;
	struct params p;
	const char **who;
	size_t n;

	m->question = NULL;
	if (failure < 0) {
		machine_fail(m, "ask who changed", failure);
		return;
	}
	a = arena_new();
	who = arena_alloc(a, ((size_t)rows_count(rows) + 1) * sizeof(*who));
	n = news(m, rows, who);
	span(&p, m);
	params_texts(&p, a, who, n);
	machine_ask(m, m->watch->house->db, SQL_WATCH_WAKE, &p, on_woken,
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

	m->asked_us = clock_mono_us();
	if (tells_who(m)) {
		params_init(&p);
		params_time(&p, m->since_us);
		params_time(&p, by_overlap(m) && m->until_us >= m->horizon_us ?
		    INT64_MAX : m->until_us);
		machine_ask(m, m->dataset->source->db, &m->dataset->changed, &p,
		    on_changed, "ask who changed");
	} else {
		span(&p, m);
		machine_ask(m, m->watch->house->db, SQL_WATCH_WAKE_ALL, &p,
		    on_woken, "wake subscriptions");
	}
}

static void
on_claimed(struct rows *rows, int failure, void *arg)
{
	struct machine *m = arg;
	int64_t least = tells_who(m) ? 0 : (int64_t)ALL_EVERY_S * 1000000;

	m->question = NULL;
	if (failure < 0) {
		machine_fail(m, "claim the data set", failure);
		return;
	}
	if (rows_count(rows) == 0) {		/* another host watches it */
		machine_rest_long(m);
		return;
	}
	m->since_us = row_time(rows, 0, "mark");
	m->until_us = m->horizon_us - m->since_us > span_max_us && tells_who(m) ?
	    m->since_us + span_max_us : m->horizon_us;
	if (by_overlap(m) && tells_who(m)) {
		if (m->until_us < m->since_us)	/* a mark never goes back */
			m->until_us = m->since_us;
		ask_changed(m);
	} else if (m->until_us <= m->since_us + least)
		machine_rest_long(m);
	else
		ask_changed(m);
}

static void
on_horizon_known(int64_t us, int failure, void *arg)
{
	struct machine *m = arg;

	m->wait = NULL;
	if (failure < 0) {
		machine_fail(m, "know the horizon", failure);
		return;
	}
	m->horizon_us = us;
	machine_claim(m, us, on_claimed);
}

void
by_time_turn(struct machine *m)
{
	m->wait = horizon_ask(m->dataset->source, on_horizon_known, m);
	if (m->wait == NULL)
		machine_fail(m, "know the horizon", E_FULL);
}
