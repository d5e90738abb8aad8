/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pull_ask.c - what a pull asks for, read and held against its grant.
 *
 * The period asked for is narrowed to the one that was allowed (detail_narrow),
 * the granularity is as asked or coarser.
 */
#include "routes/pull_ask.h"
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "catalogue/catalogue.h"
#include "consent/access.h"
#include "consent/details.h"
#include "routes/pull_trace.h"
#include "routes/version.h"

#define DAY_US INT64_C(86400000000)

enum {
	LIMIT_DEFAULT = 100, LIMIT_MAX = 1000,
	HORIZON_MS = 1000		/* an older one is safe, only behind */
};

bool
pull_period_valid(const char *text)
{
	int64_t us;

	return text == NULL || detail_moment(&us, text) == 0;
}

static enum next
read_query(struct call *c, struct pull *p)
{
	const char *limit = call_query_arg(c, "limit");
	int64_t n = LIMIT_DEFAULT;

	if (call_args_repeated(c) != NULL)
		return call_refuse(c, 400, "bad_request",
		    "%s was given twice", call_args_repeated(c));
	if (limit != NULL && parse_int(&n, limit, 1, LIMIT_MAX) < 0)
		return call_refuse(c, 400, "bad_limit",
		    "limit is a number from 1 to %d", LIMIT_MAX);
	p->ask.from = call_query_arg(c, "from");
	p->ask.to = call_query_arg(c, "to");
	if (!pull_period_valid(p->ask.from) || !pull_period_valid(p->ask.to))
		return call_refuse(c, 400, "bad_period", "from and to are days"
		    " (2026-03-04) or moments (2026-03-04T10:15:00Z)");
	p->granularity = call_query_arg(c, "granularity");
	p->ask.limit = (int)n;
	return NEXT;
}

static enum next
read_cursor(struct call *c, struct pull *p)
{
	p->cursor_text = call_query_arg(c, "cursor");
	if (p->cursor_text == NULL)
		return NEXT;
	if (cursor_open(&p->cursor, c->house->keys, c->arena, p->ask.dataset,
	    p->cursor_text, c->access->grant_text) < 0)
		return call_refuse(c, 400, "bad_cursor", "this cursor was not"
		    " given for this consent and data set; begin without one");
	p->ask.after = &p->cursor;
	return NEXT;
}

/* What was asked for, or is there, and was not allowed. */
static void
tell_outside(struct pull *p, const char *from, const char *to)
{
	bool before = from != NULL && detail_narrow(p->ask.from, from, 1) == from;
	bool after = to != NULL && detail_narrow(p->ask.to, to, -1) == to;

	if (before)
		missing_add(&p->missing, (struct missing){ "outside_consent",
		    "period", .from = p->ask.from, .to = from });
	if (after)
		missing_add(&p->missing, (struct missing){ "outside_consent",
		    "period", .from = to, .to = p->ask.to });
}

/* What is older than the source keeps. */
static void
tell_retention(struct call *c, struct pull *p, const char *from)
{
	int64_t days = p->ask.dataset->source->keeps_days, us;
	char *since;

	if (days == 0 || from == NULL || detail_moment(&us, from) < 0 ||
	    us >= clock_us() - days * DAY_US)
		return;
	since = arena_alloc(c->arena, TIME_TEXT_MAX);
	time_text_ms(since, clock_us() - days * DAY_US);
	since[strlen("2026-03-04")] = '\0';
	missing_add(&p->missing, (struct missing){ "before_retention",
	    "period", .from = from, .to = since });
}

/* What a coarser granularity than the one asked for leaves out. */
static void
tell_left_out(struct pull *p, const struct page_ask *allowed)
{
	const struct schema *s = p->ask.dataset->schema;

	for (const char **name = s->granularities[allowed->granularity].without;
	    *name != NULL; name++)
		missing_add(&p->missing, (struct missing){ "coarser", "field",
		    .name = *name });
}

static enum next
no_such_step(struct call *c, const struct schema *s)
{
	struct buf b;

	buf_init_in(&b, c->arena);
	for (size_t i = 0; i < s->granularity_count; i++)
		buf_printf(&b, "%s%s", i > 0 ? ", " : "", s->granularities[i].id);
	return call_refuse(c, 400, "bad_granularity", s->granularity_count == 0 ?
	    "this data set has one granularity: ask without" :
	    "this data set is given by %s", b.data);
}

/* As fine as allowed, or less if that is what was asked for. */
static enum next
take_granularity(struct call *c, struct pull *p, struct page_ask *allowed)
{
	const struct schema *s = p->ask.dataset->schema;
	int asked = p->granularity == NULL ? 0 :
	    schema_granularity(s, p->granularity);

	if (p->granularity != NULL && asked < 0)
		return no_such_step(c, s);
	if (asked < allowed->granularity)
		tell_left_out(p, allowed);
	else
		allowed->granularity = asked;
	return NEXT;
}

/* Fills the question with what is allowed, then narrows it to what is asked. */
static enum next
take_allowed(struct call *c, struct pull *p, const struct detail *d)
{
	const char *from = p->ask.from, *to = p->ask.to;
	struct page_ask allowed = p->ask;

	if (p->ask.dataset->schema->period == NULL &&
	    (from != NULL || to != NULL))
		return call_refuse(c, 400, "bad_period", "this data set has no "
		    "period: ask without from and to");
	if (!detail_ask(d, &allowed))
		return call_refuse(c, 403, "no_grant", "this data set no longer "
		    "offers what was allowed: ask for a new consent");
	tell_outside(p, allowed.from, allowed.to);
	if (take_granularity(c, p, &allowed) == DONE)
		return DONE;
	p->ask = allowed;
	p->ask.from = detail_narrow(from, allowed.from, 1);
	p->ask.to = detail_narrow(to, allowed.to, -1);
	tell_retention(c, p, p->ask.from);
	p->ask.customer = c->access->customer;
	return NEXT;
}

enum next
pull_hold(struct call *c, struct pull *p)
{
	const struct detail *d = access_covers(c->access,
	    p->ask.dataset->schema->id);

	if (d != NULL)
		return take_allowed(c, p, d);
	access_insufficient(c);
	return call_refuse(c, 403, "no_grant",
	    "no consent covers this data set");
}

static bool
wants_lines(struct call *c)
{
	const char *accept = call_field(c, "accept");

	return accept != NULL && strstr(accept, "application/x-ndjson") != NULL;
}

enum next
pull_understand(struct call *c)
{
	struct pull *p = c->own;
	const struct dataset *d;

	if (version_choose(c, &d, call_path_arg(c, "id")) == DONE)
		return DONE;
	p->ask.dataset = d;
	p->name = arena_printf(c->arena, "%s@%d", d->schema->id,
	    d->schema->version);
	p->form = wants_lines(c) ? PAGE_LINES : PAGE_LIST;
	if (read_query(c, p) == DONE || pull_hold(c, p) == DONE)
		return DONE;
	if (read_cursor(c, p) == DONE)
		return DONE;
	if (p->cursor_text == NULL)
		missing_fields(&p->missing, d);
	else
		p->missing.n = 0;	/* it was told on the first page */
	return NEXT;
}

/* ---- up to when ---- */

static void
on_known(int64_t us, int failure, void *arg)
{
	struct call *c = arg;
	struct pull *p = c->own;

	p->ask.until_us = us;
	call_wake(c, failure);
}

static void
forget_horizon(void *wait)
{
	horizon_forget(wait);
}

enum next
pull_horizon(struct call *c)
{
	struct pull *p = c->own;
	struct source *source = p->ask.dataset->source;
	struct horizon_wait *wait;

	p->ask.until_us = horizon_known(source, HORIZON_MS);
	if (p->ask.until_us != 0)
		return NEXT;
	if (!db_ready(source->db))	/* or it would wait for its return */
		return pull_source_failed(c);
	wait = horizon_ask(source, on_known, c);
	return wait == NULL ? pull_source_failed(c) :
	    call_wait(c, forget_horizon, wait);
}
