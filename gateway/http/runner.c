/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runner.c - runs a route's steps, and sleeps between them.
 *
 * A step returns NEXT, WAIT or DONE. An answer may come before the step that
 * asked has returned: it is noted (woken) and taken up when it does. The
 * connection tells when the client left or time is up; a step never runs after.
 */
#include <assert.h>
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "http/exchange.h"

static void
finish(struct exchange *x)
{
	assert(x->status != 0);		/* DONE without an answer is a bug */
	x->sleep = AWAKE;
	x->on_answer(x);
}

/* A question failed and the route has nothing to say about it. */
static void
refuse_failure(struct exchange *x)
{
	struct call *c = &x->call;
	int failure = c->failure;

	log_warning("call=%s question failed step=\"%s\" error=%s", c->id,
	    c->step->name, error_name(failure));
	if (failure == E_UNAVAILABLE || failure == E_FULL || failure == E_TIMEOUT) {
		call_reply_field(c, "Retry-After", "5");
		call_refuse(c, 503, "try_later",
		    "this service is busy or one of its databases is away");
	} else {
		call_refuse(c, 500, "internal_error",
		    "something went wrong here; the identifier of this call "
		    "tells our people what");
	}
}

/* False: there is no next step, an answer was made instead. */
static bool
advance(struct exchange *x)
{
	struct call *c = &x->call;

	if (x->woken && c->failure != 0 && !x->anyway) {
		refuse_failure(x);
		return false;
	}
	c->step = x->jump != NULL ? x->jump : c->step + 1;
	x->jump = NULL;
	x->waiting = x->woken = false;
	return true;
}

static void
go(struct exchange *x)
{
	struct call *c = &x->call;

	for (;;) {
		enum next next;

		assert(c->step->run != NULL);	/* the last step answers */
		x->sleep = STEPPING;
		log_debug("call=%s step=\"%s\"", c->id, c->step->name);
		next = c->step->run(c);
		if (next == DONE)
			break;
		assert(x->status == 0 || x->flows);
		if (next == WAIT) {
			assert(x->waiting);
			x->sleep = ASLEEP;
			if (!x->woken)
				return;
		}
		if (!advance(x))
			break;
	}
	finish(x);
}

void
runner_start(struct exchange *x)
{
	struct call *c = &x->call;

	if (c->route->own_size > 0)
		c->own = arena_alloc(c->arena, c->route->own_size);
	c->step = c->route->steps;
	go(x);
}

void
runner_forget(struct exchange *x)
{
	void (*forget)(void *) = x->forget;

	x->forget = NULL;
	x->sleep = AWAKE;
	if (forget != NULL)
		forget(x->forget_arg);
}

/* ---- what steps call ---- */

enum next
call_wait(struct call *c, void (*forget)(void *), void *arg)
{
	struct exchange *x = exchange_of(c);

	assert(c->magic == CALL_MAGIC && x->sleep == STEPPING);
	assert(!x->waiting || x->woken);	/* one question at a time */
	x->waiting = true;
	x->anyway = true;
	if (!x->woken) {
		x->forget = forget;
		x->forget_arg = arg;
	}
	return WAIT;
}

void
call_wake(struct call *c, int failure)
{
	struct exchange *x = exchange_of(c);

	assert(c->magic == CALL_MAGIC && !x->woken);
	c->failure = failure;
	x->woken = true;
	x->forget = NULL;
	if (x->sleep != ASLEEP)
		return;			/* the step is still on the stack */
	x->sleep = AWAKE;
	if (advance(x))
		go(x);
	else
		finish(x);
}

enum next
call_goto(struct call *c, const char *name)
{
	const struct step *s = c->route->steps;

	while (s->name != NULL && strcmp(s->name, name) != 0)
		s++;
	assert(s->name != NULL);
	exchange_of(c)->jump = s;
	return NEXT;
}

void
call_on_end(struct call *c, void (*fn)(struct call *, bool sent))
{
	struct exchange *x = exchange_of(c);

	assert(c->magic == CALL_MAGIC && x->on_end_count < ON_END_MAX);
	x->on_end[x->on_end_count++] = fn;
}
