/* SPDX-License-Identifier: Apache-2.0 */
/*
 * horizon.c - up to when all that was written can be seen.
 *
 * A row's time of change is taken before its transaction commits: reading "all
 * up to now" and going on from there loses what commits late (measured: 32 %).
 * So pages end at U = the start of the oldest transaction still running, less a
 * margin, since a transaction publishes its start a moment after taking it.
 * The order matters: running transactions first, prepared ones next (one may
 * pass from the first list to the second meanwhile), and only afterwards the
 * snapshot that reads rows.
 *
 * When a prepared transaction began is written nowhere. But one that was not
 * there when we last looked was running then, or began later: it began after
 * what we then knew of the running ones. So U stands for each prepared
 * transaction where it stood before we first saw it, and moves on as they go:
 * a source that always has some (XA) does not stop us. Those already there
 * at our first look have no such bound: no U until they are gone.
 *
 * With capture = overlap nobody is looked at: a transaction lasts overlap_s at
 * most, says source.conf, so U is the source's clock less that. A standby shows
 * what it has replayed: there it is the primary's clock of that moment.
 */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "catalogue/catalogue_own.h"
#include "catalogue/page.h"

enum { PREPARED_MAX = 256 };

struct horizon_wait {
	struct horizon *of;
	on_horizon *on_known;
	void *arg;
	struct horizon_wait *next;
};

struct prepared {
	char xid[24];
	int64_t began_after_us;		/* 0: before our first look */
};

struct horizon {
	struct source *source;
	struct event *refused;		/* tells those whom no queue took */
	int64_t margin_us;
	int64_t us;			/* 0: never known */
	int64_t source_now_us;		/* the source's clock, when last asked */
	int64_t known_us;		/* monotonic; when that was asked for */
	int64_t asking_us;
	int64_t active_us;		/* running ones began after, this time */
	int64_t looked_us;		/* and at the last full look; 0 = none */
	bool asking, dark;
	int failure;			/* what `refused` tells */
	struct prepared prepared[PREPARED_MAX];
	size_t prepared_n;
	struct horizon_wait *waits;
};

static void on_refused(evutil_socket_t, short, void *);

struct horizon *
horizon_new(struct source *s, struct event_base *base, int64_t margin_ms)
{
	struct horizon *h = xcalloc(1, sizeof(*h));

	h->source = s;
	h->margin_us = margin_ms * 1000;
	h->refused = evtimer_new(base, on_refused, h);
	return h;
}

void
horizon_free(struct horizon *h)
{
	if (h == NULL)
		return;
	while (h->waits != NULL)
		horizon_forget(h->waits);
	event_free(h->refused);
	free(h);
}

/* Whoever asks again while being told waits for the next answer. */
static void
tell(struct horizon *h, int failure)
{
	struct horizon_wait *told = h->waits, *w;

	h->asking = false;
	h->waits = NULL;
	for (w = told; w != NULL; w = w->next)
		w->of = NULL;		/* not to be looked for any more */
	while ((w = told) != NULL) {
		on_horizon *on_known = w->on_known;

		told = w->next;
		if (on_known != NULL)
			on_known(failure == 0 ? h->us : 0, failure, w->arg);
		free(w);
	}
}

static void
on_refused(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct horizon *h = arg;

	tell(h, h->failure);
}

/* ---- prepared transactions ---- */

static int64_t
bound_of(const struct horizon *h, const char *xid)
{
	for (size_t i = 0; i < h->prepared_n; i++)
		if (strcmp(h->prepared[i].xid, xid) == 0)
			return h->prepared[i].began_after_us;
	return h->looked_us;
}

/* All that still runs or is prepared began after this; 0: cannot be said. */
static int64_t
bound_of_all(struct horizon *h, const char *const *xids, size_t n)
{
	struct prepared now[PREPARED_MAX];
	int64_t bound = h->active_us;

	if (n > PREPARED_MAX)
		return 0;
	for (size_t i = 0; i < n; i++) {
		snprintf(now[i].xid, sizeof(now[i].xid), "%s", xids[i]);
		now[i].began_after_us = bound_of(h, xids[i]);
		if (now[i].began_after_us < bound)
			bound = now[i].began_after_us;
	}
	memcpy(h->prepared, now, n * sizeof(now[0]));
	h->prepared_n = n;
	h->looked_us = h->active_us;
	return bound;
}

static void
on_prepared(struct rows *rows, int failure, void *arg)
{
	struct horizon *h = arg;
	struct arena *a = arena_new();
	int64_t bound;
	size_t n;

	if (failure == 0) {
		const char **xids = row_texts(rows, 0, "xids", a, &n);

		bound = bound_of_all(h, xids, n);
		if (bound == 0) {
			log_warning("prepared transactions hide what is written "
			    "source=%s count=%zu", h->source->name, n);
			failure = E_UNAVAILABLE;
		} else {
			if (bound - h->margin_us > h->us)
				h->us = bound - h->margin_us;
			h->known_us = h->asking_us;
		}
	}
	arena_free(a);
	tell(h, failure);
}

/* ---- by a bound on how long a transaction lasts ---- */

static void
on_overlap(struct rows *rows, int failure, void *arg)
{
	struct horizon *h = arg;
	bool dark = failure == 0 && row_null(rows, 0, "at");

	if (dark && !h->dark)
		log_error("how far the standby is cannot be seen source=%s "
		    "cure=\"GRANT pg_read_all_stats to our role; see that it "
		    "still follows its primary\"", h->source->name);
	h->dark = dark;
	if (dark)
		failure = E_UNAVAILABLE;
	if (failure == 0) {
		int64_t us = row_time(rows, 0, "at") - h->margin_us -
		    h->source->overlap_s * 1000000;

		h->source_now_us = row_time(rows, 0, "now");
		h->known_us = h->asking_us;
		if (us > h->us)
			h->us = us;
	}
	tell(h, failure);
}

/* ---- running transactions ---- */

static void
on_active(struct rows *rows, int failure, void *arg)
{
	struct horizon *h = arg;
	bool dark = failure == 0 && !row_bool(rows, 0, "seen");

	if (dark && !h->dark)
		log_error("running transactions cannot be seen source=%s "
		    "cure=\"GRANT pg_read_all_stats to our role; "
		    "track_activities on; a primary\"", h->source->name);
	h->dark = dark;
	if (dark)
		failure = E_UNAVAILABLE;
	if (failure == 0) {
		h->active_us = row_time(rows, 0, "at");
		h->source_now_us = row_time(rows, 0, "now");
		if (db_ask(h->source->db, SQL_HORIZON_PREPARED, PARAMS_NONE,
		    on_prepared, h) != NULL)
			return;
		failure = E_FULL;
	}
	tell(h, failure);
}

int64_t
horizon_known(struct source *s, int max_age_ms)
{
	const struct horizon *h = s->horizon;

	if (h->us == 0 ||
	    clock_mono_us() - h->known_us > (int64_t)max_age_ms * 1000)
		return 0;
	return h->us;
}

int64_t
horizon_source_now(const struct source *s)
{
	return s->horizon->source_now_us;
}

static struct question *
ask(struct horizon *h)
{
	bool overlap = h->source->capture == CAPTURE_OVERLAP;

	return db_ask(h->source->db, overlap ? SQL_HORIZON_OVERLAP :
	    SQL_HORIZON_ACTIVE, PARAMS_NONE, overlap ? on_overlap : on_active, h);
}

/* Many may ask; one question is under way. */
struct horizon_wait *
horizon_ask(struct source *s, on_horizon *on_known, void *arg)
{
	static const struct timeval soon = { 0, 0 };
	struct horizon *h = s->horizon;
	struct horizon_wait *w = xcalloc(1, sizeof(*w));

	*w = (struct horizon_wait){ h, on_known, arg, h->waits };
	h->waits = w;
	if (h->asking)
		return w;
	h->asking = true;
	h->asking_us = clock_mono_us();
	if (ask(h) == NULL) {
		h->failure = E_FULL;
		evtimer_add(h->refused, &soon);
	}
	return w;
}

void
horizon_forget(struct horizon_wait *gone)
{
	struct horizon_wait **at;

	if (gone->of == NULL) {		/* it is being told */
		gone->on_known = NULL;
		return;
	}
	at = &gone->of->waits;
	while (*at != NULL && *at != gone)
		at = &(*at)->next;
	if (*at == gone) {
		*at = gone->next;
		free(gone);
	}
}
