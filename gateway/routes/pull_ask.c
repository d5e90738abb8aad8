/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pull_ask.c - what a pull asks for, read and held against its grant.
 *
 * The period asked for is narrowed to the one that was allowed. Either may be
 * a day or a moment. A day begins at the source's midnight, which this process
 * does not know: where the two are nearer than the world's offsets, the
 * allowed one is taken, as answering more than was asked is harmless and more
 * than was allowed is not.
 */
#include "routes/pull_ask.h"
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "catalogue/catalogue.h"
#include "consent/access.h"
#include "consent/details.h"
#include "routes/pull_trace.h"
#include "routes/version.h"

enum {
	LIMIT_DEFAULT = 100, LIMIT_MAX = 1000,
	HORIZON_MS = 1000		/* an older one is safe, only behind */
};
#define OFFSETS_US (INT64_C(15) * 3600 * 1000000)	/* +14:00, and a bit */

static bool
is_day(const char *text)
{
	return strlen(text) == strlen("2026-03-04");
}

static int
read_moment(int64_t *us, const char *text)
{
	char whole[32];

	if (!is_day(text))
		return time_parse(us, text);
	snprintf(whole, sizeof(whole), "%.10sT00:00:00Z", text);
	return time_parse(us, whole);
}

/* Takes the later of the two beginnings, or the earlier of the two ends. */
static const char *
narrow(const char *asked, const char *allowed, int later)
{
	int64_t a, b, apart;

	if (asked == NULL || allowed == NULL)
		return asked == NULL ? allowed : asked;
	if (read_moment(&a, asked) < 0 || read_moment(&b, allowed) < 0)
		return allowed;
	apart = (a - b) * later;
	return apart > (is_day(asked) == is_day(allowed) ? 0 : OFFSETS_US) ?
	    asked : allowed;
}

static bool
period_valid(struct call *c, const char *name, const char **out)
{
	int64_t us;

	*out = call_query_arg(c, name);
	return *out == NULL || read_moment(&us, *out) == 0;
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
	if (!period_valid(c, "from", &p->ask.from) ||
	    !period_valid(c, "to", &p->ask.to))
		return call_refuse(c, 400, "bad_period", "from and to are days"
		    " (2026-03-04) or moments (2026-03-04T10:15:00Z)");
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
	bool before = from != NULL && narrow(p->ask.from, from, 1) == from;
	bool after = to != NULL && narrow(p->ask.to, to, -1) == to;

	if (before)
		missing_add(&p->missing, (struct missing){ "outside_consent",
		    "period", .from = p->ask.from, .to = from });
	if (after)
		missing_add(&p->missing, (struct missing){ "outside_consent",
		    "period", .from = to, .to = p->ask.to });
}

/* What a coarser granularity leaves out. */
static void
tell_left_out(struct pull *p, const struct page_ask *allowed)
{
	const struct schema *s = p->ask.dataset->schema;

	if (s->granularity_count == 0)
		return;
	for (const char **name = s->granularities[allowed->granularity].without;
	    *name != NULL; name++)
		missing_add(&p->missing, (struct missing){ "outside_consent",
		    "field", .name = *name });
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
	tell_left_out(p, &allowed);
	p->ask = allowed;
	p->ask.from = narrow(from, allowed.from, 1);
	p->ask.to = narrow(to, allowed.to, -1);
	p->ask.customer = c->access->customer;
	return NEXT;
}

static enum next
hold_against_grant(struct call *c, struct pull *p)
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
	if (read_query(c, p) == DONE || hold_against_grant(c, p) == DONE)
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
		return pull_source_away(c);
	wait = horizon_ask(source, on_known, c);
	return wait == NULL ? pull_source_away(c) :
	    call_wait(c, forget_horizon, wait);
}
