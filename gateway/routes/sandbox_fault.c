/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox_fault.c - the next calls under a grant go wrong, as was asked for. */
#include <event2/event.h>
#include <string.h>
#include "base/arena.h"
#include "base/attr.h"
#include "base/settings.h"
#include "consent/access.h"
#include "routes/sandbox.h"

enum next
sandbox_only(struct call *c)
{
	return c->house->settings->sandbox ? NEXT :
	    call_refuse(c, 404, "not_found", "this counter is no sandbox");
}

enum next
sandbox_fault(struct call *c)
{
	struct params p;

	if (!c->house->settings->sandbox)
		return NEXT;
	params_init(&p);
	params_uuid(&p, &c->access->grant);
	return call_ask(c, c->house->db, SQL_SANDBOX_FAULT_TAKE, &p);
}

static void
on_time(evutil_socket_t fd UNUSED, short what UNUSED, void *call)
{
	call_wake(call, 0);
}

static void
forget(void *timer)
{
	evtimer_del(timer);
}

static void
free_timer(void *timer)
{
	event_free(timer);
}

static enum next
sleep_ms(struct call *c, int64_t ms)
{
	const struct timeval tv = { ms / 1000, ms % 1000 * 1000 };
	struct event *timer = evtimer_new(c->house->base, on_time, c);

	arena_defer(c->arena, free_timer, timer);
	evtimer_add(timer, &tv);
	return call_wait(c, forget, timer);
}

enum next
sandbox_faulty(struct call *c)
{
	const char *kind;

	if (!c->house->settings->sandbox || rows_count(c->rows) == 0)
		return NEXT;
	kind = row_text(c->rows, 0, "kind");
	if (strcmp(kind, "delay") == 0)
		return sleep_ms(c, row_int(c->rows, 0, "ms"));
	call_reply_field(c, "Retry-After", "1");
	if (strcmp(kind, "throttle") == 0)
		return call_refuse(c, 429, "too_many_calls",
		    "the sandbox was asked to throttle this call");
	return call_refuse(c, 503, "source_away",
	    "the sandbox was asked to fail this call");
}
