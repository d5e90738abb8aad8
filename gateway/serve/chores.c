/* SPDX-License-Identifier: Apache-2.0 */
/* chores.c - see chores.h. */
#include "serve/chores.h"
#include <event2/event.h>
#include <stdlib.h>
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "consent/grant.h"
#include "db/db.h"

enum { EVERY_S = 600, AGAIN_S = 30 };	/* AGAIN_S: after a failure */

struct chores {
	struct db *db;
	struct event *timer;
	struct question *question;
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
	struct chores *c = arg;

	c->question = NULL;
	if (failure < 0) {
		log_warning("partitions not made cause=%s", error_name(failure));
		again_in(c, AGAIN_S);
		return;
	}
	if (row_int(rows, 0, "made") > 0)
		log_info("partitions made n=%d", (int)row_int(rows, 0, "made"));
	again_in(c, EVERY_S);
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

struct chores *
chores_new(struct event_base *base, struct db *db)
{
	struct chores *c = xcalloc(1, sizeof(*c));

	c->db = db;
	c->timer = evtimer_new(base, on_turn, c);
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
	grant_sweep_free(c->sweep);
	event_free(c->timer);
	free(c);
}
