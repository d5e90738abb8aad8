/* SPDX-License-Identifier: Apache-2.0 */
/*
 * by_trigger.c - what do the new rows of the change table tell?
 *
 * claim, changes, wake, rest. The place reached is (xid, n), and moves only
 * below pg_snapshot_xmin, where every transaction has ended (capture.c): so
 * what commits late stands beyond the place and is read when it has. A
 * notification only makes the turn come sooner.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "http/house.h"
#include "watch/watch.h"
#include "watch/watch_own.h"

enum { PENDING_MS = 40 };

static void
on_woken(struct rows *rows, int failure, void *arg)
{
	struct machine *m = arg;

	if (!machine_woken(m, rows, failure))
		return;
	machine_rest(m, 0);
}

/* Everybody, when a table was emptied, or the server is another one. */
static void
wake(struct machine *m, struct rows *rows, bool everybody)
{
	struct arena *a = arena_new();
	int n = rows_count(rows);
	const char **who = arena_alloc(a, (size_t)(n + 1) * sizeof(*who));
	size_t count = 0;
	struct params p;

	for (int i = 0; i < n; i++)
		if (!row_null(rows, i, "customer"))
			who[count++] = row_text(rows, i, "customer");
	params_init(&p);
	params_text(&p, m->dataset->source->name);
	params_text(&p, m->dataset->schema->id);
	params_int(&p, m->at);
	params_int(&p, m->at_n);
	params_int(&p, m->to);
	params_int(&p, m->to_n);
	params_texts(&p, a, who, count);
	params_bool(&p, everybody);
	params_bool(&p, false);
	machine_ask(m, m->watch->house->db, SQL_WATCH_WAKE_AT, &p, on_woken,
	    "wake subscriptions");
	arena_free(a);
}

static void
on_changes(struct rows *rows, int failure, void *arg)
{
	struct machine *m = arg;
	bool elsewhere, emptied;

	m->question = NULL;
	if (failure < 0) {
		machine_fail(m, "read the change table", failure);
		return;
	}
	elsewhere = row_bool(rows, 0, "elsewhere");
	emptied = row_bool(rows, 0, "emptied");
	m->pending = row_bool(rows, 0, "pending");
	if (elsewhere)
		log_warning("changes begin again: the source is another server "
		    "than before source=%s dataset=%s",
		    m->dataset->source->name, m->dataset->schema->id);
	if (!elsewhere && row_int(rows, 0, "rows") == 0) {
		if (m->pending)
			machine_rest(m, PENDING_MS);
		else
			machine_rest_long(m);
		return;
	}
	m->to = elsewhere ? 0 : row_int(rows, 0, "xid");
	m->to_n = elsewhere ? 0 : row_int(rows, 0, "n");
	wake(m, rows, elsewhere || emptied);
}

static void
on_claimed(struct rows *rows, int failure, void *arg)
{
	struct machine *m = arg;
	struct params p;

	m->question = NULL;
	if (failure < 0) {
		machine_fail(m, "claim the data set", failure);
		return;
	}
	if (rows_count(rows) == 0) {		/* another host watches it */
		machine_rest_long(m);
		return;
	}
	m->at = row_int(rows, 0, "place");
	m->at_n = row_int(rows, 0, "place_n");
	params_init(&p);
	params_int(&p, m->at);
	params_int(&p, m->at_n);
	machine_ask(m, m->dataset->source->db, &m->dataset->changed, &p,
	    on_changes, "read the change table");
}

void
by_trigger_turn(struct machine *m)
{
	machine_claim(m, clock_us(), on_claimed);
}
