/* SPDX-License-Identifier: Apache-2.0 */
/* role_push.c - hands records over to personal clouds. */
#include <event2/event.h>
#include <sysexits.h>
#include "http/house.h"
#include "push/checks.h"
#include "push/push.h"
#include "serve/serve.h"

struct pushing {
	struct house house;
	struct push *push;
	struct checks *checks;
};

static void
on_done(void *arg)
{
	struct pushing *w = arg;

	event_base_loopexit(w->house.base, NULL);
}

/* What is on its way arrives, or fails, within its deadline. */
static void
stop(void *arg)
{
	struct pushing *w = arg;

	push_stop(w->push, on_done, w);
}

int
role_push(struct role *r)
{
	struct pushing w;

	house_open(&w.house, r);
	w.push = push_new(&w.house);
	w.checks = checks_new(&w.house);
	role_ready(r);
	role_until_stopped(&w.house, r, stop, &w);
	checks_free(w.checks);
	push_free(w.push);
	house_close(&w.house);
	return EX_OK;
}
