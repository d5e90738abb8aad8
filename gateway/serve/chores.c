/* SPDX-License-Identifier: Apache-2.0 */
/* chores.c - see chores.h. */
#include "serve/chores.h"
#include <event2/event.h>
#include <stdbool.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "consent/grant.h"
#include "db/db.h"
#include "http/counters.h"

enum {
	EVERY_S = 600, AGAIN_S = 30,	/* AGAIN_S: what did not go */
	LOOK_S = 10,			/* figures */
	CLOCK_MS = 10000		/* proofs are refused beyond (FAPI 2.0) */
};

struct chores {
	struct db *db;
	struct event *timer;
	struct question *question;
	struct event *look;		/* figures */
	struct question *figures;
	struct grant_sweep *sweep;	/* ends grants whose time has come */
};

static void
again_in(struct chores *c, int seconds)
{
	struct timeval tv = { seconds, 0 };

	evtimer_add(c->timer, &tv);
}

static void
on_partitions(struct rows *rows, int failure, void *arg)
{
	const struct timeval soon = { 0, 20000 };
	struct chores *c = arg;
	int64_t made;

	c->question = NULL;
	if (failure < 0) {
		log_warning("partitions not made cause=%s", error_name(failure));
		again_in(c, AGAIN_S);
		return;
	}
	made = row_int(rows, 0, "made");
	if (made > 0)
		evtimer_add(c->timer, &soon);
	else
		again_in(c, made < 0 ? AGAIN_S : EVERY_S);
}

static void
on_turn(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct chores *c = arg;

	c->question = db_ask(c->db, SQL_PARTITIONS_AHEAD, PARAMS_NONE,
	    on_partitions, c);
	if (c->question == NULL)
		again_in(c, AGAIN_S);
}

/* ---- figures ---- */

static void
tell_clock(int64_t off_ms)
{
	static bool told;

	if (off_ms < 0)
		off_ms = -off_ms;
	counter_set(COUNTER_CLOCK_MS, (uint64_t)off_ms);
	if (off_ms > CLOCK_MS && !told)
		log_warning("the clocks of this host and of its database differ "
		    "code=E306 ms=%lld", (long long)off_ms);
	told = off_ms > CLOCK_MS;
}

static void
on_figures(struct rows *rows, int failure, void *arg)
{
	struct timeval tv = { LOOK_S, 0 };
	struct chores *c = arg;

	c->figures = NULL;
	evtimer_add(c->look, &tv);
	if (failure < 0)
		return;		/* /ready says that it is away */
	counter_set(COUNTER_DUE, (uint64_t)row_int(rows, 0, "due"));
	counter_set(COUNTER_LATE_S, (uint64_t)row_int(rows, 0, "late_s"));
	counter_set(COUNTER_DEAD, (uint64_t)row_int(rows, 0, "dead"));
	counter_set(COUNTER_STAGED, (uint64_t)row_int(rows, 0, "staged"));
	tell_clock((clock_us() - row_time(rows, 0, "now")) / 1000);
}

static void
on_look(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct timeval tv = { LOOK_S, 0 };
	struct chores *c = arg;

	c->figures = db_ask(c->db, SQL_FIGURES, PARAMS_NONE, on_figures, c);
	if (c->figures == NULL)
		evtimer_add(c->look, &tv);
}

struct chores *
chores_new(struct event_base *base, struct db *db)
{
	struct chores *c = xcalloc(1, sizeof(*c));

	c->db = db;
	c->timer = evtimer_new(base, on_turn, c);
	c->look = evtimer_new(base, on_look, c);
	on_look(-1, 0, c);
	c->sweep = grant_sweep_new(base, db);
	again_in(c, 0);
	return c;
}

void
chores_free(struct chores *c)
{
	if (c == NULL)
		return;
	if (c->question != NULL)
		db_forget(c->question);
	if (c->figures != NULL)
		db_forget(c->figures);
	event_free(c->look);
	grant_sweep_free(c->sweep);
	event_free(c->timer);
	free(c);
}
