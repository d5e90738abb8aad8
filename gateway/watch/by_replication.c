/* SPDX-License-Identifier: Apache-2.0 */
/*
 * by_replication.c - what the rows of a source's stream tell (capture =
 * replication).
 *
 * One feed per source. It opens the stream, claims the data sets, and reads from
 * the place they have reached: rows are gathered into batches, and each data set
 * is asked whose they are and moves its place with those it wakes. Only then is
 * the place confirmed, so that the server keeps whatever is not done: after a
 * crash it comes again, and wakes again.
 *
 * A slot does not outlive everything: a failover, more WAL than the server may
 * keep, a DBA. Two things show that something was missed: the stream is another
 * server's or another timeline's, or the slot has forgotten more than we had
 * reached. Then it is told loudly and everybody is compared with the source
 * (watch_resync.sql), beginning after the slot is there: what is older is
 * compared, what is younger is streamed. Nothing falls between.
 *
 * One host streams: a slot has one reader. The others try now and then.
 */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "catalogue/budget.h"
#include "http/counters.h"
#include "http/house.h"
#include "watch/feed.h"

enum {
	PENDING_MS = 5,			/* until a commit is seen */
	IDLE_US = 10000000,		/* a quiet stream is confirmed so often */
	LAG_S = 10
};

static void on_message(const char *, size_t, void *);
static void on_drained(void *);
static void on_alive(int64_t, void *);
static void on_stream_lost(const char *, bool, void *);
static void next(struct feed *);

static const struct stream_events events = { feed_opened, on_message,
    on_drained, on_alive, on_stream_lost };

/* ---- it ends, and begins again ---- */

void
feed_figures(const struct watch *w)
{
	uint64_t streams = 0, behind = 0, lost = 0;

	for (size_t i = 0; i < w->feed_n; i++) {
		const struct feed *f = w->feeds[i];

		if (f == NULL)
			continue;
		streams += f->streaming;
		lost += f->lost;
		if ((uint64_t)f->behind > behind)
			behind = (uint64_t)f->behind;
	}
	counter_set(COUNTER_STREAMS, streams);
	counter_set(COUNTER_SLOT_LAG, behind);
	counter_set(COUNTER_SLOTS_LOST, lost);
}

/* What was not confirmed comes again. */
void
feed_end(struct feed *f, int64_t ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	if (f->question != NULL)
		db_forget(f->question);
	f->question = NULL;
	evtimer_del(f->pending);
	stream_close(f->stream);
	f->stream = NULL;
	pgoutput_free(f->plugin);
	f->plugin = NULL;
	changed_forget(&f->rows);
	f->open = f->busy = f->streaming = false;
	feed_figures(f->watch);
	evtimer_add(f->again, &tv);
}

void
feed_fail(struct feed *f, const char *doing, int failure)
{
	log_warning("stream of changes ended source=%s doing=\"%s\" error=%s",
	    f->source->name, doing, error_name(failure));
	feed_end(f, AGAIN_MS);
}

static void
on_stream_lost(const char *why, bool busy, void *arg)
{
	struct feed *f = arg;

	if (busy)
		log_debug("another host reads the stream source=%s",
		    f->source->name);
	else if (!f->told)
		log_warning("stream of changes ended source=%s why=\"%s\"",
		    f->source->name, why);
	f->told = true;
	feed_end(f, busy ? BUSY_MS : AGAIN_MS);
}

static void
on_again(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct feed *f = arg;

	f->plugin = pgoutput_new();
	f->stream = stream_open(f->watch->house->base,
	    f->source->replication_url, f->source->slot, f->source->slot,
	    &events, f);
}

bool
feed_ask(struct feed *f, struct db *db, const struct statement *st,
    const struct params *p, db_on_rows *then, const char *doing)
{
	f->question = db_ask(db, st, p, then, f);
	if (f->question == NULL)
		feed_fail(f, doing, E_FULL);
	return f->question != NULL;
}

/* ---- a batch ---- */

/* All data sets have moved: nobody needs these rows any more. */
static void
done(struct feed *f)
{
	changed_forget(&f->rows);
	f->busy = false;
	f->idle_us = clock_mono_us();
	stream_confirm(f->stream, f->reached);
	stream_resume(f->stream);
}

static void
on_woken(struct rows *rows, int failure, void *arg)
{
	struct feed *f = arg;
	struct machine *m = f->machines[f->at];

	f->question = NULL;
	if (failure < 0) {
		feed_fail(f, "wake subscriptions", failure);
		return;
	}
	if (row_int(rows, 0, "moved") == 0) {	/* somebody else did */
		feed_fail(f, "move the place", E_CONFLICT);
		return;
	}
	if (row_int(rows, 0, "woken") > 0)
		log_info("subscriptions woken dataset=%s n=%lld",
		    m->dataset->schema->id,
		    (long long)row_int(rows, 0, "woken"));
	m->at = m->to;
	f->at++;
	next(f);
}

static void
wake(struct feed *f, struct rows *rows)
{
	struct machine *m = f->machines[f->at];
	struct arena *a = arena_new();
	int n = rows == NULL ? 0 : rows_count(rows);
	const char **who = arena_alloc(a, ((size_t)n + 1) * sizeof(*who));
	size_t count = 0;
	struct params p;

	for (int i = 0; i < n; i++)
		if (!row_null(rows, i, "customer"))
			who[count++] = row_text(rows, i, "customer");
	/* behind what this one has seen already: it stays */
	m->to = f->reached > m->at ? f->reached : m->at;
	params_init(&p);
	params_text(&p, f->source->name);
	params_text(&p, m->dataset->schema->id);
	params_int(&p, m->at);
	params_int(&p, 0);
	params_int(&p, m->to);
	params_int(&p, 0);
	params_texts(&p, a, who, count);
	params_bool(&p, rows != NULL && row_bool(rows, 0, "emptied"));
	params_bool(&p, f->rows.gone && m->dataset->removed == NULL);
	feed_ask(f, f->watch->house->db, SQL_WATCH_WAKE_AT, &p, on_woken,
	    "wake subscriptions");
	arena_free(a);
}

static void
on_changed(struct rows *rows, int failure, void *arg)
{
	static const struct timeval soon = { 0, PENDING_MS * 1000 };
	struct feed *f = arg;

	f->question = NULL;
	if (failure < 0)
		feed_fail(f, "ask who changed", failure);
	else if (row_bool(rows, 0, "pending"))
		evtimer_add(f->pending, &soon);
	else
		wake(f, rows);
}

static void
next(struct feed *f)
{
	struct machine *m;
	struct arena *a;
	struct params p;

	if (f->at == f->n) {
		done(f);
		return;
	}
	m = f->machines[f->at];
	if (f->rows.n == 0) {
		wake(f, NULL);
		return;
	}
	budget_add(m->dataset->source);	/* a stream is not kept waiting */
	a = arena_new();
	changed_params(&f->rows, &p, a);
	feed_ask(f, f->source->db, &m->dataset->changed, &p, on_changed,
	    "ask who changed");
	arena_free(a);
}

static void
on_pending(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	next(arg);
}

static void
begin(struct feed *f)
{
	f->busy = true;
	f->at = 0;
	stream_pause(f->stream);
	next(f);
}

/* ---- what is streamed ---- */

/* A table published since we opened: what is published is asked again. One that
 * is not known then either is there no more. */
static void
meet_unknown(struct feed *f)
{
	if (f->reached <= f->unknown)
		return;
	f->unknown = f->reached;
	feed_fail(f, "know a table that is new", E_NOT_FOUND);
}

static void
on_message(const char *data, size_t n, void *arg)
{
	struct feed *f = arg;
	struct pgoutput_message m;

	if (pgoutput_read(f->plugin, data, n, &m) < 0) {
		feed_fail(f, "understand the stream", E_BAD_INPUT);
		return;
	}
	switch (m.type) {
	case 'B':
		f->open = true;
		f->xid = m.xid;
		f->at_us = m.at_us;
		break;
	case 'C':
		f->open = false;
		f->reached = m.lsn;
		break;
	case 'I':
	case 'U':
	case 'D':
	case 'T':
		if (!changed_add(&f->rows, &m, f->at_us, f->xid))
			meet_unknown(f);
		else if (f->rows.n >= CHANGED_MAX)
			begin(f);
		break;
	default:
		break;
	}
}

static void
on_drained(void *arg)
{
	struct feed *f = arg;

	if (!f->busy && !f->open && f->rows.n > 0)
		begin(f);
}

/* Nothing of ours was written up to here. The server may forget it, once our
 * places say so too: behind them a slot has missed something. */
static void
on_alive(int64_t lsn, void *arg)
{
	struct feed *f = arg;

	if (f->busy || f->open || f->rows.n > 0 || lsn <= f->reached ||
	    clock_mono_us() - f->idle_us < IDLE_US)
		return;
	f->reached = lsn;
	begin(f);
}

/* ---- how much is kept for us ---- */

static void
on_lag(struct rows *rows, int failure, void *arg)
{
	static const struct timeval tv = { LAG_S, 0 };
	struct feed *f = arg;

	f->lag = NULL;
	if (failure == 0) {
		f->behind = row_int(rows, 0, "behind");
		f->lost = row_bool(rows, 0, "lost");
		feed_figures(f->watch);
	}
	evtimer_add(f->look, &tv);
}

static void
on_look(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	static const struct timeval tv = { LAG_S, 0 };
	struct feed *f = arg;
	struct params p;

	params_init(&p);
	params_text(&p, f->source->slot);
	f->lag = db_ask(f->source->db, SQL_SLOT_LAG, &p, on_lag, f);
	if (f->lag == NULL)
		evtimer_add(f->look, &tv);
}

/* ---- the machines: their leases, as long as we stream ---- */

static void
on_kept(struct rows *rows UNUSED, int failure, void *arg)
{
	struct machine *m = arg;

	m->question = NULL;
	if (failure < 0)
		machine_fail(m, "claim the data set", failure);
	else
		machine_rest_long(m);
}

void
by_replication_turn(struct machine *m)
{
	if (m->feed->streaming)
		machine_claim(m, clock_us(), on_kept);
	else
		machine_rest_long(m);
}

/* ---- beginning and end ---- */

struct feed *
feed_new(struct watch *w, const struct source *s)
{
	static const struct timeval now = { 0, 0 };
	struct feed *f = xcalloc(1, sizeof(*f));

	f->watch = w;
	f->source = s;
	f->machines = xcalloc(w->n + 1, sizeof(struct machine *));
	for (size_t i = 0; i < w->n; i++) {
		struct machine *m = &w->machines[i];

		if (m->dataset->source != s || m->dataset->changed.text == NULL)
			continue;
		m->feed = f;
		f->machines[f->n++] = m;
	}
	changed_init(&f->rows);
	f->again = evtimer_new(w->house->base, on_again, f);
	f->pending = evtimer_new(w->house->base, on_pending, f);
	f->look = evtimer_new(w->house->base, on_look, f);
	if (f->n > 0) {
		evtimer_add(f->again, &now);
		evtimer_add(f->look, &now);
	}
	return f;
}

void
feed_free(struct feed *f)
{
	stream_close(f->stream);
	pgoutput_free(f->plugin);
	changed_clear(&f->rows);
	if (f->question != NULL)
		db_forget(f->question);
	if (f->lag != NULL)
		db_forget(f->lag);
	event_free(f->again);
	event_free(f->pending);
	event_free(f->look);
	free(f->machines);
	free(f);
}
