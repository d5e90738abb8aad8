/* SPDX-License-Identifier: Apache-2.0 */
/* exports.c - claim, then horizon, page and place, page and place. */
#include "watch/exports.h"
#include <event2/event.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "catalogue/budget.h"
#include "catalogue/catalogue.h"
#include "catalogue/page.h"
#include "consent/details.h"
#include "http/house.h"

enum {
	EVERY_MS = 500, AGAIN_MS = 5000,	/* after a failure */
	LEASE_S = 30,
	PART_RECORDS = 1000, PART_BYTES = 1024 * 1024, PARTS_MAX = 1000
};

struct exports {
	struct house *house;
	char owner[UUID_TEXT];
	struct event *timer;
	struct question *question;
	struct horizon_wait *wait;
	struct budget_wait *turn;

	/* the one being walked; all of it in the arena */
	struct arena *arena;
	struct uuid id;
	char grant[UUID_TEXT];
	json_t *asks;
	const char *details, *customer;
	int64_t at, parts;
	struct page_ask ask;
	struct cursor cursor;
	const char *after;		/* sealed; NULL: the first record */

	/* the page at hand */
	struct page page;
	const char *next;
};

static void walk(struct exports *);

static void
again(struct exports *x, int ms)
{
	const struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	evtimer_add(x->timer, &tv);
}

/* Nothing is walked any more; a lease may be left, and runs out. */
static void
rest(struct exports *x, int ms)
{
	json_decref(x->asks);
	x->asks = NULL;
	arena_free(x->arena);
	x->arena = NULL;
	again(x, ms);
}

/* ---- keeping where it stands ---- */

static void
on_stepped(struct rows *r, int failure, void *arg)
{
	struct exports *x = arg;

	x->question = NULL;
	if (failure < 0 || rows_count(r) == 0 || x->at < 0)
		rest(x, failure < 0 ? AGAIN_MS : 0);
	else
		walk(x);
}

static void
put_step(struct exports *x, int lease_s, const char *state, const char *reason,
    bool part)
{
	int64_t from = x->ask.until_us;
	struct params p;

	params_init(&p);
	params_uuid(&p, &x->id);
	params_text(&p, x->owner);
	params_int(&p, lease_s);
	params_int(&p, x->page.more ? x->at : x->at + 1);
	params_int(&p, x->page.more ? from : 0);
	params_text(&p, x->page.more ? x->next : NULL);
	params_text(&p, state);
	params_text(&p, reason);
	params_int(&p, part ? x->page.records : -1);
	params_int(&p, part ? (int64_t)x->page.bytes : 0);
	params_int(&p, x->at);
	params_int(&p, from);
	params_text(&p, x->after);
	params_text(&p, x->next);
	x->question = db_ask(x->house->db, SQL_EXPORT_STEP, &p, on_stepped, x);
	if (x->question == NULL)
		rest(x, AGAIN_MS);
}

static void
end(struct exports *x, const char *state, const char *reason)
{
	log_info("export=%.8s %s parts=%lld%s%s", x->grant, state,
	    (long long)x->parts, reason == NULL ? "" : " reason=",
	    reason == NULL ? "" : reason);
	x->page = (struct page){ 0 };
	put_step(x, 0, state, reason, false);
	x->at = -1;			/* whatever the answer, it is over */
}

/* ---- a page ---- */

static int
measure(struct exports *x, const struct rows *rows)
{
	struct buf scratch;
	int rc;

	buf_init(&scratch);		/* seen, counted and let go */
	rc = page_write(&x->page, &scratch, PAGE_LINES, &x->ask, rows,
	    PART_BYTES, x->arena);
	x->page.bytes = scratch.len;
	buf_clear(&scratch);
	return rc;
}

static void
on_page(struct rows *rows, int failure, void *arg)
{
	struct exports *x = arg;

	x->question = NULL;
	if (failure == E_STATEMENT) {
		end(x, "failed", "source_refused");
		return;
	}
	if (failure < 0) {		/* away: the lease ends, it goes on */
		rest(x, AGAIN_MS);
		return;
	}
	if (measure(x, rows) < 0) {
		end(x, "failed", "record_refused");
		return;
	}
	if (x->page.last.changed != NULL)
		x->next = cursor_seal(x->house->keys, x->arena, &x->page.last,
		    x->grant);
	put_step(x, LEASE_S, "walking", NULL, x->page.last.changed != NULL);
	x->parts += x->page.last.changed != NULL;
	x->cursor = x->page.last;
	x->after = x->next;
	x->ask.after = &x->cursor;
	if (!x->page.more) {
		x->at++;
		x->ask.until_us = 0;
		x->ask.after = NULL;
		x->after = NULL;
	}
}

static void
ask_source(void *arg)
{
	struct exports *x = arg;
	const struct dataset *d = x->ask.dataset;
	struct params p;

	x->turn = NULL;
	if (page_params(&p, x->arena, &x->ask) < 0) {
		end(x, "failed", "no_grant");
		return;
	}
	x->question = db_ask(d->source->db, &d->page, &p, on_page, x);
	if (x->question == NULL)
		rest(x, AGAIN_MS);
}

static void
ask_page(struct exports *x)
{
	if (budget_take(&x->turn, x->ask.dataset->source, x->house->base, 1,
	    ask_source, x))
		ask_source(x);
	else if (x->turn == NULL)
		rest(x, AGAIN_MS);
}

static void
on_known(int64_t us, int failure, void *arg)
{
	struct exports *x = arg;

	x->wait = NULL;
	x->ask.until_us = us;
	if (failure < 0)
		rest(x, AGAIN_MS);
	else
		ask_page(x);
}

/* ---- a data set ---- */

static const char *
text_of(struct exports *x, const json_t *ask, const char *name)
{
	return arena_strdup(x->arena,
	    json_string_value(json_object_get(ask, name)));
}

/* What the consent allows of it; narrower than what was asked is for the part
 * to see to, when it leaves. */
static bool
take_ask(struct exports *x, const json_t *ask)
{
	struct details *d = arena_alloc(x->arena, sizeof(*d));
	const char *why, *from, *to, *step;
	int coarser;
	const struct detail *allowed;
	int64_t until_us = x->ask.until_us;

	x->ask = (struct page_ask){ .customer = x->customer,
	    .until_us = until_us, .limit = PART_RECORDS,
	    .after = x->after == NULL ? NULL : &x->cursor,
	    .dataset = dataset_version(x->house->catalogue,
	    json_string_value(json_object_get(ask, "dataset")),
	    (int)json_integer_value(json_object_get(ask, "version"))) };
	if (x->ask.dataset == NULL ||
	    details_read(d, x->arena, NULL, x->details, &why) < 0 ||
	    (allowed = details_find(d, x->ask.dataset->schema->id)) == NULL ||
	    !detail_ask(allowed, &x->ask))
		return false;
	from = text_of(x, ask, "from");
	to = text_of(x, ask, "to");
	x->ask.from = detail_narrow(from, x->ask.from, 1);
	x->ask.to = detail_narrow(to, x->ask.to, -1);
	step = text_of(x, ask, "granularity");
	coarser = step == NULL ? 0 :
	    schema_granularity(x->ask.dataset->schema, step);
	if (coarser > x->ask.granularity)
		x->ask.granularity = coarser;
	return true;
}

static void
walk(struct exports *x)
{
	const json_t *ask = json_array_get(x->asks, (size_t)x->at);

	if (ask == NULL) {
		end(x, "ready", NULL);
		return;
	}
	if (x->parts >= PARTS_MAX) {
		end(x, "failed", "too_large");
		return;
	}
	if (!take_ask(x, ask)) {
		end(x, "failed", "no_grant");
		return;
	}
	if (x->ask.until_us != 0) {
		ask_page(x);
		return;
	}
	x->wait = horizon_ask(x->ask.dataset->source, on_known, x);
	if (x->wait == NULL)
		rest(x, AGAIN_MS);
}

/* ---- an export ---- */

/* It was begun by somebody else, perhaps: from where it stands. */
static bool
take_place(struct exports *x, const struct rows *r)
{
	const json_t *ask = json_array_get(x->asks, (size_t)x->at);
	const struct dataset *d = ask == NULL ? NULL :
	    dataset_version(x->house->catalogue,
	    json_string_value(json_object_get(ask, "dataset")),
	    (int)json_integer_value(json_object_get(ask, "version")));

	x->ask.until_us = row_int(r, 0, "horizon");
	if (row_null(r, 0, "cursor"))
		return true;
	x->after = arena_strdup(x->arena, row_text(r, 0, "cursor"));
	return d != NULL && cursor_open(&x->cursor, x->house->keys, x->arena, d,
	    x->after, x->grant) == 0;
}

static void
take(struct exports *x, const struct rows *r)
{
	struct uuid grant;

	x->arena = arena_new();
	row_uuid(r, 0, "id", &x->id);
	row_uuid(r, 0, "grant_id", &grant);
	uuid_text(x->grant, &grant);
	x->asks = json_loads(row_text(r, 0, "asks"), 0, NULL);
	x->details = arena_strdup(x->arena, row_text(r, 0, "details"));
	x->customer = arena_strdup(x->arena, row_text(r, 0, "customer"));
	x->at = row_int(r, 0, "at");
	x->parts = row_int(r, 0, "parts");
	x->after = NULL;
	x->ask = (struct page_ask){ 0 };
	if (take_place(x, r))
		walk(x);
	else
		end(x, "failed", "no_such_version");
}

static void
on_claimed(struct rows *r, int failure, void *arg)
{
	struct exports *x = arg;

	x->question = NULL;
	if (failure < 0 || rows_count(r) == 0)
		again(x, failure < 0 ? AGAIN_MS : EVERY_MS);
	else
		take(x, r);
}

static void
on_turn(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct exports *x = arg;
	struct params p;

	params_init(&p);
	params_text(&p, x->owner);
	params_int(&p, LEASE_S);
	x->question = db_ask(x->house->db, SQL_EXPORT_CLAIM, &p, on_claimed, x);
	if (x->question == NULL)
		again(x, AGAIN_MS);
}

struct exports *
exports_new(struct house *h)
{
	struct exports *x = xcalloc(1, sizeof(*x));
	struct uuid id;

	uuid_make(&id);
	uuid_text(x->owner, &id);
	x->house = h;
	x->timer = evtimer_new(h->base, on_turn, x);
	again(x, EVERY_MS);
	return x;
}

void
exports_free(struct exports *x)
{
	if (x == NULL)
		return;
	if (x->question != NULL)
		db_forget(x->question);
	if (x->wait != NULL)
		horizon_forget(x->wait);
	budget_forget(x->turn);
	json_decref(x->asks);
	arena_free(x->arena);
	event_free(x->timer);
	free(x);
}
