/* SPDX-License-Identifier: Apache-2.0 */
/*
 * visit.c - errands without records: has a pod been opened yet? and leaving a
 * cloud whose grant has ended. They wait in the same queue as deliveries, so
 * that they survive what deliveries survive.
 */
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "db/db.h"
#include "http/house.h"
#include "push/destination.h"
#include "push/push_own.h"
#include "push/retry.h"

enum { LOOK_MS = 15000, LOOK_LONGEST_MS = 900000 };

/* One whose grant has ended says so: else it is taken for a delivery that was under
 * way meanwhile, and is due again at once, to give our keys back. */
static void
nothing_left(struct delivery *d)
{
	if (strcmp(d->state, "ended") == 0)
		d->settlement.state = "ended";
	delivery_settle(d, -1, NULL, NULL, NULL);
}

static void
ask(struct delivery *d, const struct statement *s, const struct params *p,
    db_on_rows *on_rows)
{
	d->question = db_ask(d->push->house->db, s, p, on_rows, d);
	if (d->question == NULL)
		on_rows(NULL, E_FULL, d);
}

static void
put(struct delivery *d, struct params *p, const char *event,
    const char *outcome, const char *reason)
{
	struct line_row *row = arena_alloc(d->arena, sizeof(*row));

	delivery_line(d, row, event, outcome, reason);
	params_init(p);
	line_params(p, row);		/* borrowed until it is asked */
	params_uuid(p, &d->to->grant);
}

/* ---- waiting: is the pod open? ---- */

static void
on_opened(struct rows *rows UNUSED, int failure, void *arg)
{
	struct delivery *d = arg;

	d->question = NULL;
	if (failure == 0)
		log_info("delivery=%s pims=%s a personal cloud has opened",
		    d->id, d->to->client_id);
	delivery_settle(d, failure == 0 ? 0 : LOOK_MS, NULL, NULL, NULL);
}

static void
look_later(struct delivery *d)
{
	int64_t wait = LOOK_MS;

	for (int i = 0; i < d->attempts && wait < LOOK_LONGEST_MS; i++)
		wait *= 2;
	d->settlement.refused = true;
	if (d->attempts + 1 >= LOOKS_MAX)	/* she may still say so herself */
		delivery_settle(d, -1, "never opened", NULL, NULL);
	else
		delivery_settle(d, wait, d->errand.why, NULL, NULL);
}

static void
on_looked(struct errand *e)
{
	struct delivery *d = e->arg;
	struct params p;

	if (e->outcome != DELIVERED) {
		look_later(d);
		return;
	}
	put(d, &p, "destination.linked", NULL, NULL);
	params_text(&p, destination_state(d->to, d->arena));
	params_text(&p, destination_sealed(d->to, d->push->house->keys,
	    d->arena));
	ask(d, SQL_DESTINATION_OPEN, &p, on_opened);
}

/* ---- ended: give the keys back ---- */

static void
on_departed(struct rows *rows UNUSED, int failure, void *arg)
{
	struct delivery *d = arg;

	d->question = NULL;
	if (failure < 0)
		delivery_settle(d, 1000, "not written down", NULL, NULL);
	else
		nothing_left(d);
}

/* After enough refusals the keys are forgotten here all the same. */
static void
on_left(struct errand *e)
{
	struct delivery *d = e->arg;
	bool left = e->outcome == DELIVERED || e->outcome == ALREADY ||
	    e->outcome == GONE;
	struct params p;

	if (!left && d->attempts + 1 < LOOKS_MAX) {
		d->settlement.refused = true;
		delivery_settle(d, retry_wait_ms(d->attempts + 3, e->wait_s),
		    e->why, NULL, NULL);
		return;
	}
	log_info("delivery=%s pims=%s a personal cloud was left why=\"%s\"",
	    d->id, d->to->client_id, e->why);
	put(d, &p, "destination.left", outcome_name(e->outcome), e->why);
	ask(d, SQL_DESTINATION_DEPART, &p, on_departed);
}

void
visit_begin(struct delivery *d)
{
	if (strcmp(d->state, "ended") == 0) {
		if (d->to->departed)
			nothing_left(d);
		else
			delivery_run(d, ERRAND_LEAVE, on_left);
	} else if (connector_find(d->to->kind)->waits)
		delivery_run(d, ERRAND_COMPLETE, on_looked);
	else
		nothing_left(d);	/* a Cozy tells by its redirect */
}
