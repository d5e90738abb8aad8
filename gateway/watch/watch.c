/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch.c - the machines: their turns, their failures, their beginning and end.
 *
 * How each learns of changes is by_time.c's, by_trigger.c's and
 * by_replication.c's; a source with triggers also tells that there is something
 * new, and the turn comes at once.
 */
#include "watch/watch.h"
#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/settings.h"
#include "catalogue/budget.h"
#include "http/house.h"
#include "watch/watch_own.h"

/* A dead watcher's data sets are another's after three turns and a little. */
enum { LEASE_TURNS = 3, LEASE_MORE_S = 3 };
/* Comparisons: how often we look, how many are under way. */
enum { COMPARE_EVERY_US = 1000000, COMPARED_MAX = 8, NEVER_DAYS = 36500 };
enum { FULL_MS = 500 };		/* so many wait for the source that we do not */

/* ---- the end of a turn ---- */

void
machine_rest(struct machine *m, int64_t ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	if (m->again)
		tv = (struct timeval){ 0, 0 };
	m->asking = m->again = false;
	evtimer_add(m->turn, &tv);
}

void
machine_rest_long(struct machine *m)
{
	machine_rest(m, m->watch->house->settings->watch_interval_ms);
}

void
machine_fail(struct machine *m, const char *doing, int failure)
{
	if (!m->failing)
		log_warning("watch waits dataset=%s source=%s doing=\"%s\" "
		    "error=%s", m->dataset->schema->id, m->dataset->source->name,
		    doing, error_name(failure));
	m->failing = true;
	m->again = false;
	machine_rest_long(m);
}

void
machine_ask(struct machine *m, struct db *db, const struct statement *st,
    const struct params *p, db_on_rows *then, const char *doing)
{
	m->question = db_ask(db, st, p, then, m);
	if (m->question == NULL)
		machine_fail(m, doing, E_FULL);
}

/* ---- what every machine asks of our own database ---- */

int64_t
machine_lease_s(const struct machine *m)
{
	return LEASE_MORE_S + LEASE_TURNS *
	    m->watch->house->settings->watch_interval_ms / 1000;
}

void
machine_claim(struct machine *m, int64_t horizon_us, db_on_rows *then)
{
	struct params p;

	params_init(&p);
	params_text(&p, m->dataset->source->name);
	params_text(&p, m->dataset->schema->id);
	params_text(&p, m->watch->owner);
	params_int(&p, machine_lease_s(m));
	params_time(&p, horizon_us);
	machine_ask(m, m->watch->house->db, SQL_WATCH_CLAIM, &p, then,
	    "claim the data set");
}

bool
machine_woken(struct machine *m, const struct rows *rows, int failure)
{
	m->question = NULL;
	if (failure < 0) {
		machine_fail(m, "wake subscriptions", failure);
		return false;
	}
	if (m->failing)
		log_info("watch goes on dataset=%s", m->dataset->schema->id);
	m->failing = false;
	if (row_int(rows, 0, "woken") > 0)
		log_info("subscriptions woken dataset=%s n=%lld",
		    m->dataset->schema->id, (long long)row_int(rows, 0, "woken"));
	return true;
}

/* ---- turns ---- */

static void
on_compared(struct rows *rows, int failure, void *arg)
{
	struct machine *m = arg;

	m->comparing = NULL;
	if (failure == 0 && row_int(rows, 0, "begun") > 0)
		log_info("comparisons begun dataset=%s n=%lld",
		    m->dataset->schema->id, (long long)row_int(rows, 0, "begun"));
}

/* Slowly, so that the source hardly notices: a few customers at a time. What a
 * stream may have missed is compared too, whatever the days. */
static void
compare(struct machine *m)
{
	int64_t now = clock_mono_us(), days = m->dataset->source->compare_days;
	struct params p;

	if ((days == 0 && m->feed == NULL) || m->comparing != NULL ||
	    now - m->compared_us < COMPARE_EVERY_US)
		return;
	m->compared_us = now;
	params_init(&p);
	params_text(&p, m->dataset->schema->id);
	params_int(&p, days == 0 ? NEVER_DAYS : days);
	params_int(&p, COMPARED_MAX);
	m->comparing = db_ask(m->watch->house->db, SQL_WATCH_COMPARE, &p,
	    on_compared, m);
}

static void
go(void *arg)
{
	struct machine *m = arg;

	m->turn_wait = NULL;
	if (m->dataset->changed.text == NULL)
		by_time_turn(m);
	else if (m->dataset->source->capture == CAPTURE_TRIGGER)
		by_trigger_turn(m);
	else if (m->feed != NULL)
		by_replication_turn(m);
	else
		by_time_turn(m);
}

/* By time a turn is three questions: who still writes, twice, and who changed. */
static void
on_turn(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct machine *m = arg;
	bool rows = m->dataset->changed.text != NULL &&
	    capture_by_rows(m->dataset->source);

	assert(!m->asking);
	m->asking = true;
	compare(m);
	if (m->feed != NULL || budget_take(&m->turn_wait, m->dataset->source,
	    m->watch->house->base, rows ? 1 : 3, go, m))
		go(m);
	else if (m->turn_wait == NULL)
		machine_rest(m, FULL_MS);
}

static void
hurry(struct machine *m)
{
	static const struct timeval now = { 0, 0 };

	if (m->asking)
		m->again = true;
	else
		evtimer_add(m->turn, &now);
}

static void
hurry_source(struct ear *ear)
{
	struct watch *w = ear->watch;

	for (size_t i = 0; i < w->n; i++)
		if (w->machines[i].dataset->source == ear->source)
			hurry(&w->machines[i]);
}

static void
on_notify(const char *channel UNUSED, const char *payload UNUSED, void *arg)
{
	hurry_source(arg);
}

static void
on_listening(bool up, void *arg)
{
	if (up)
		hurry_source(arg);
}

/* ---- beginning and end ---- */

static void
listen_to(struct watch *w, struct source *s)
{
	static const char *const channels[] = { "guichet_change", NULL };
	struct ear *ear = &w->ears[w->ear_n++];

	ear->watch = w;
	ear->source = s;
	ear->listener = db_listen(w->house->base, s->url, channels, on_notify,
	    on_listening, ear);
}

static void
begin(struct watch *w, struct machine *m, const struct dataset *d)
{
	m->watch = w;
	m->dataset = d;
	m->turn = evtimer_new(w->house->base, on_turn, m);
	machine_rest(m, 0);
}

struct watch *
watch_new(struct house *h)
{
	struct watch *w = xcalloc(1, sizeof(*w));
	size_t sources = catalogue_source_count(h->catalogue);
	struct uuid id;

	uuid_make(&id);
	uuid_text(w->owner, &id);
	w->house = h;
	w->n = catalogue_count(h->catalogue);
	w->machines = xcalloc(w->n + 1, sizeof(*w->machines));
	w->ears = xcalloc(sources + 1, sizeof(*w->ears));
	w->feeds = xcalloc(sources + 1, sizeof(struct feed *));
	for (size_t i = 0; i < w->n; i++)
		begin(w, &w->machines[i], dataset_spoken(h->catalogue,
		    catalogue_at(h->catalogue, i)->schema->id));
	for (size_t i = 0; i < sources; i++) {
		struct source *s = catalogue_source(h->catalogue, i);

		if (s->capture == CAPTURE_TRIGGER)
			listen_to(w, s);
		if (s->capture == CAPTURE_REPLICATION)
			w->feeds[w->feed_n++] = feed_new(w, s);
	}
	return w;
}

void
watch_free(struct watch *w)
{
	if (w == NULL)
		return;
	for (size_t i = 0; i < w->ear_n; i++)
		db_unlisten(w->ears[i].listener);
	for (size_t i = 0; i < w->feed_n; i++)
		feed_free(w->feeds[i]);
	for (size_t i = 0; i < w->n; i++) {
		struct machine *m = &w->machines[i];

		event_free(m->turn);
		if (m->wait != NULL)
			horizon_forget(m->wait);
		budget_forget(m->turn_wait);
		if (m->question != NULL)
			db_forget(m->question);
		if (m->comparing != NULL)
			db_forget(m->comparing);
		seen_clear(&m->seen);
	}
	free(w->ears);
	free(w->feeds);
	free(w->machines);
	free(w);
}
