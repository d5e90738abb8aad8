/*
 * horizon.c - up to when all that was written can be seen.
 *
 * A row's time of change is taken before its transaction commits: reading "all
 * up to now" and going on from there loses what commits late (measured: 32 %).
 * So pages end at U = the start of the oldest transaction still running, less a
 * margin, since a transaction publishes its start a moment after taking it.
 * The order matters: running transactions first, prepared ones next (one may
 * pass from the first list to the second meanwhile), and only afterwards the
 * snapshot that reads rows. While a prepared transaction exists, U stands.
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

struct horizon_wait {
	struct horizon *of;
	on_horizon *on_known;
	void *arg;
	struct horizon_wait *next;
};

struct horizon {
	struct source *source;
	int64_t margin_us;
	int64_t us;			/* 0: never known */
	int64_t asked_us;		/* monotonic; when the answer was asked for */
	int64_t asking_us, candidate_us;
	bool asking;
	struct horizon_wait *waits;
};

struct horizon *
horizon_new(struct source *s, int64_t margin_ms)
{
	struct horizon *h = xcalloc(1, sizeof(*h));

	h->source = s;
	h->margin_us = margin_ms * 1000;
	return h;
}

void
horizon_free(struct horizon *h)
{
	while (h != NULL && h->waits != NULL)
		horizon_forget(h->waits);
	free(h);
}

static void
tell(struct horizon *h, int64_t us, int failure)
{
	h->asking = false;
	if (failure == 0) {
		h->us = us;
		h->asked_us = h->asking_us;
	}
	while (h->waits != NULL) {
		struct horizon_wait *w = h->waits;

		h->waits = w->next;
		w->on_known(us, failure, w->arg);
		free(w);
	}
}

static void
on_prepared(struct rows *rows, int failure, void *arg)
{
	struct horizon *h = arg;

	if (failure < 0)
		tell(h, 0, failure);
	else if (row_int(rows, 0, "n") == 0)
		tell(h, h->candidate_us > h->us ? h->candidate_us : h->us, 0);
	else if (h->us > 0)
		tell(h, h->us, 0);		/* stands still */
	else
		tell(h, 0, E_UNAVAILABLE);
}

static void
on_active(struct rows *rows, int failure, void *arg)
{
	struct horizon *h = arg;

	if (failure == 0 && !row_bool(rows, 0, "seen")) {
		log_error("running transactions cannot be seen source=%s "
		    "cure=\"grant pg_read_all_stats, track_activities = on\"",
		    h->source->name);
		failure = E_UNAVAILABLE;
	}
	if (failure < 0) {
		tell(h, 0, failure);
		return;
	}
	h->candidate_us = row_time(rows, 0, "at") - h->margin_us;
	if (db_ask(h->source->db, SQL_HORIZON_PREPARED, PARAMS_NONE, on_prepared,
	    h) == NULL)
		tell(h, 0, E_FULL);
}

int64_t
horizon_known(struct source *s, int max_age_ms)
{
	const struct horizon *h = s->horizon;

	if (h->us == 0 ||
	    clock_mono_us() - h->asked_us > (int64_t)max_age_ms * 1000)
		return 0;
	return h->us;
}

/* Many may ask; one question is under way. NULL: the queue is full. */
struct horizon_wait *
horizon_ask(struct source *s, on_horizon *on_known, void *arg)
{
	struct horizon *h = s->horizon;
	struct horizon_wait *w;

	if (!h->asking) {
		h->asking_us = clock_mono_us();
		if (db_ask(s->db, SQL_HORIZON_ACTIVE, PARAMS_NONE, on_active,
		    h) == NULL)
			return NULL;
		h->asking = true;
	}
	w = xcalloc(1, sizeof(*w));
	*w = (struct horizon_wait){ h, on_known, arg, h->waits };
	return h->waits = w;
}

void
horizon_forget(struct horizon_wait *gone)
{
	struct horizon_wait **at = &gone->of->waits;

	while (*at != NULL && *at != gone)
		at = &(*at)->next;
	if (*at == gone) {
		*at = gone->next;
		free(gone);
	}
}
