/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reading.c - what is to be sent: a page after the cursor, of records and of
 * removals; and, when there is none, the next step of a comparison.
 *
 * Cursors stay below the horizon. Where what was sent is remembered (keyed
 * digests), pages may reach beyond it: what commits now is sent now, comes
 * again until the horizon has passed it, and is known.
 *
 * A comparison (walk) reads everything from the first record, page by page, in
 * turns that have nothing else to do; what is not held as it is goes out. At its
 * end the names that were not seen are those of records the source no longer
 * has. A record that moved ahead meanwhile, as it changed, was missed by the
 * walk: so names count as gone only once all that was written before the walk's
 * end has been read on the ordinary way.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "catalogue/budget.h"
#include "catalogue/catalogue.h"
#include "consent/details.h"
#include "crypto/hash.h"
#include "db/db.h"
#include "http/house.h"
#include "push/destination.h"
#include "push/push_own.h"
#include "push/retry.h"

/* Before a page: about her, and two for the horizon. */
enum { FIRST_QUESTIONS = 3, PAGES_MAX = 50, GONE_LOOK_MS = 1000,
    NOT_NOW_MS = 3600 * 1000 };
static const int64_t far_us = INT64_C(253370764800000000);	/* year 9999 */

static void ask_page(struct delivery *);
static void walk(struct delivery *);

static void
source_away(struct delivery *d, int failure)
{
	log_warning("delivery=%s records cannot be read dataset=%s why=%s",
	    d->id, d->dataset_id, error_name(failure));
	delivery_postpone(d, "source away", retry_wait_ms(2, 1));
}

/* ---- how far one is ---- */

static const char *
sealed(struct delivery *d, const struct cursor *at)
{
	return at == NULL ? NULL : cursor_seal(d->push->house->keys, d->arena,
	    at, d->to->grant_text);
}

/* Behind the last row looked at, or what the walk does when there is no more. */
static const char *
walk_next(struct delivery *d)
{
	const struct parcel *p = &d->parcel;

	return p->more && p->place_n > 0 ?
	    sealed(d, &p->places[p->place_n - 1].cursor) : "gone";
}

void
reading_received(struct delivery *d, int done)
{
	struct settlement *s = &d->settlement;
	const struct cursor *at = parcel_cursor(&d->parcel, done, d->safe_us);

	s->records = done;
	if (dataset_remembers(d->dataset)) {
		s->received = d->parcel.items;
		s->received_n = done;
	}
	if (!d->walking)
		s->cursor = at == NULL ? s->cursor : sealed(d, at);
	else if (done == d->parcel.n && strncmp(d->walk, "gone", 4) != 0)
		s->walk = walk_next(d);
}

/* All that was looked at is known already, or there was nothing. */
static void
nothing_to_send(struct delivery *d)
{
	const struct parcel *p = &d->parcel;

	if (d->walking) {
		d->settlement.walk = walk_next(d);
		delivery_settle(d, 0, NULL, NULL, NULL);
		return;
	}
	reading_received(d, 0);
	if (p->more && p->place_n > 0 && ++d->pages < PAGES_MAX) {
		d->after = p->places[p->place_n - 1].cursor;
		d->ask.after = &d->after;
		ask_page(d);
	} else if (p->more)
		delivery_settle(d, d->settlement.cursor != NULL ? 0 : 5000, NULL,
		    NULL, NULL);
	else if (d->walk != NULL)
		walk(d);
	else
		delivery_settle(d, -1, NULL, NULL, NULL);
}

static void
send_or_not(struct delivery *d)
{
	if (d->parcel.n == 0)
		nothing_to_send(d);
	else
		delivery_send(d);
}

/* ---- what is known ---- */

static uint8_t (*
names_of(struct rows *rows, struct arena *a))[ITEM_MAC]
{
	int n = rows_count(rows);
	uint8_t (*names)[ITEM_MAC] = arena_alloc(a, ((size_t)n + 1) * ITEM_MAC);

	for (int i = 0; i < n; i++) {
		size_t size;
		const uint8_t *name = row_bytes(rows, i, "record", &size);

		if (size == ITEM_MAC)
			memcpy(names[i], name, ITEM_MAC);
	}
	return names;
}

static void
on_known(struct rows *rows, int failure, void *arg)
{
	struct delivery *d = arg;

	d->question = NULL;
	if (failure < 0) {
		delivery_postpone(d, "memory away", 1000);
		return;
	}
	parcel_leave_out(&d->parcel, names_of(rows, d->arena),
	    (size_t)rows_count(rows), d->arena);
	send_or_not(d);
}

static void
ask_known(struct delivery *d)
{
	const struct parcel *p = &d->parcel;
	size_t n = (size_t)p->n;
	struct piece *names = arena_alloc(d->arena, (n + 1) * sizeof(*names));
	struct piece *digests = arena_alloc(d->arena, (n + 1) *
	    sizeof(*digests));
	struct params params;

	for (size_t i = 0; i < n; i++) {
		names[i] = (struct piece){ p->items[i].name, ITEM_MAC };
		digests[i] = (struct piece){ p->items[i].digest,
		    p->items[i].removed ? 0 : ITEM_MAC };
	}
	params_init(&params);
	params_uuid(&params, &d->settlement.subscription);
	params_byteses(&params, d->arena, names, n);
	params_byteses(&params, d->arena, digests, n);
	if (d->walking)
		params_int(&params, d->round);
	d->question = db_ask(d->push->house->db, d->walking ?
	    SQL_MEMORY_SEE : SQL_MEMORY_KNOWN, &params, on_known, d);
	if (d->question == NULL)
		on_known(NULL, E_FULL, d);
}

/* ---- a page ---- */

static void
make_parcel(struct delivery *d, const struct rows *gone)
{
	struct pair pair = { { &d->ask, &d->gone_ask }, { d->rows, gone },
	    { 0, 0 } };
	int failure = parcel_make(&d->parcel, &pair, &d->to->subject, d->arena);

	rows_free(d->rows);
	d->rows = NULL;
	if (failure < 0) {
		source_away(d, failure);
		return;
	}
	d->parcel.subscription = d->subscription;
	d->parcel.sequence = d->sequence + 1;
	delivery_held(d);
	if (d->parcel.n > 0 && dataset_remembers(d->dataset))
		ask_known(d);
	else
		send_or_not(d);
}

static void
on_gone(struct rows *rows, int failure, void *arg)
{
	struct delivery *d = arg;

	d->question = NULL;
	if (failure < 0)
		source_away(d, failure);
	else
		make_parcel(d, rows);
}

static void
ask(struct delivery *d, const struct page_ask *a, db_on_rows *then)
{
	struct params p;
	int failure = page_params(&p, d->arena, a);

	if (failure < 0) {
		source_away(d, failure);
		return;
	}
	d->question = db_ask(d->dataset->source->db, &a->dataset->page, &p,
	    then, d);
	if (d->question == NULL)
		source_away(d, E_FULL);
}

static void
on_page(struct rows *rows, int failure, void *arg)
{
	struct delivery *d = arg;

	d->question = NULL;
	if (failure < 0) {
		source_away(d, failure);
		return;
	}
	d->rows = rows_keep(rows);
	if (d->dataset->removed == NULL || d->walking) {
		make_parcel(d, NULL);
		return;
	}
	d->gone_ask = d->ask;
	d->gone_ask.dataset = d->dataset->removed;
	budget_add(d->dataset->source);
	ask(d, &d->gone_ask, on_gone);
}

/* ---- when the source may be asked (budget.h) ---- */

static void
in_turn(struct delivery *d, int questions, void (*go)(void *))
{
	if (budget_take(&d->turn, d->dataset->source, d->push->house->base,
	    questions, go, d))
		go(d);
	else if (d->turn == NULL)
		delivery_postpone(d, "source busy", retry_wait_ms(3, 0));
}

static void
ask_in_turn(void *arg)
{
	struct delivery *d = arg;

	d->turn = NULL;
	ask(d, &d->ask, on_page);
}

static void
ask_page(struct delivery *d)
{
	in_turn(d, 1, ask_in_turn);
}

/* ---- a comparison ---- */

static void
on_names(struct rows *rows, int failure, void *arg)
{
	struct delivery *d = arg;
	size_t n = failure < 0 ? 0 : (size_t)rows_count(rows);

	d->question = NULL;
	if (failure < 0)
		delivery_postpone(d, "memory away", 1000);
	else if (n == 0) {
		log_info("delivery=%s compared dataset=%s", d->id,
		    d->dataset_id);
		d->settlement.walk = "-";
		delivery_settle(d, -1, NULL, NULL, NULL);
	} else {
		parcel_of_names(&d->parcel, names_of(rows, d->arena), n,
		    d->arena);
		delivery_send(d);
	}
}

/* "gone": all was walked; "gone T": then it was T at the source. */
static void
walk_gone(struct delivery *d)
{
	int64_t end = d->walk[4] == '\0' ? 0 : strtoll(d->walk + 5, NULL, 10);
	struct params p;

	if (end == 0)
		d->settlement.walk = arena_printf(d->arena, "gone %lld",
		    (long long)horizon_source_now(d->dataset->source));
	if (end == 0 || d->safe_us <= end) {
		delivery_settle(d, GONE_LOOK_MS, NULL, NULL, NULL);
		return;
	}
	params_init(&p);
	params_uuid(&p, &d->settlement.subscription);
	params_int(&p, d->round);
	params_int(&p, PARCEL_MAX);
	d->question = db_ask(d->push->house->db, SQL_MEMORY_GONE, &p, on_names,
	    d);
	if (d->question == NULL)
		on_names(NULL, E_FULL, d);
}

static void
walk(struct delivery *d)
{
	d->walking = true;
	d->ask.until_us = d->safe_us;
	d->ask.after = NULL;
	if (strncmp(d->walk, "gone", 4) == 0) {
		walk_gone(d);
		return;
	}
	if (d->walk[0] != '\0' && cursor_open(&d->after,
	    d->push->house->keys, d->arena, d->dataset, d->walk,
	    d->to->grant_text) == 0)
		d->ask.after = &d->after;
	ask_page(d);
}

/* ---- beginning ---- */

static void
on_horizon_known(int64_t us, int failure, void *arg)
{
	struct delivery *d = arg;

	d->horizon = NULL;
	d->safe_us = us;
	d->ask.until_us = dataset_early(d->dataset) ? far_us : us;
	if (failure < 0)
		source_away(d, failure);
	else
		ask_page(d);
}

static void
ask_horizon(struct delivery *d)
{
	d->horizon = horizon_ask(d->dataset->source, on_horizon_known, d);
	if (d->horizon == NULL)
		source_away(d, E_FULL);
}

/* Somebody whom the source does not know has no records there. Whoever may no
 * longer take part is sent nothing; her grant ends when lives.c comes by. */
static void
on_customer(struct rows *rows, int failure, void *arg)
{
	struct delivery *d = arg;

	d->question = NULL;
	if (failure < 0)
		source_away(d, failure);
	else if (rows_count(rows) > 0 && !row_null(rows, 0, "reason"))
		delivery_postpone(d, arena_printf(d->arena,
		    "may not take part: %s", row_text(rows, 0, "reason")),
		    NOT_NOW_MS);
	else
		ask_horizon(d);
}

/* May she still take part? Asked of the source each time, before it is read. */
static void
ask_customer(void *arg)
{
	struct delivery *d = arg;
	struct source *s = d->dataset->source;
	struct params p;

	d->turn = NULL;
	if (s->customer.text == NULL) {
		ask_horizon(d);
		return;
	}
	params_init(&p);
	params_text(&p, d->to->customer);
	d->question = db_ask(s->db, &s->customer, &p, on_customer, d);
	if (d->question == NULL)
		source_away(d, E_FULL);
}

/* What the grant allows of this data set; false: it does not cover it. */
static bool
read_details(struct delivery *d)
{
	struct details *all = arena_alloc(d->arena, sizeof(*all));
	const struct detail *one;
	const char *why;

	if (details_read(all, d->arena, NULL, d->details, &why) < 0 ||
	    (one = details_find(all, d->dataset_id)) == NULL)
		return false;
	d->once = all->recurrence != NULL &&
	    strcmp(all->recurrence, "once") == 0;
	return detail_ask(one, &d->ask);
}

/* A cursor of another schema version: all over again, repeats are harmless. */
static void
read_cursor(struct delivery *d)
{
	if (d->cursor == NULL)
		return;
	if (cursor_open(&d->after, d->push->house->keys, d->arena, d->dataset,
	    d->cursor, d->to->grant_text) == 0)
		d->ask.after = &d->after;
	else
		log_warning("delivery=%s cursor no longer valid, from the first "
		    "record again dataset=%s", d->id, d->dataset_id);
}

void
reading_begin(struct delivery *d)
{
	if (d->dataset == NULL) {
		delivery_postpone(d, "data set not served", 600000);
		return;
	}
	d->ask.dataset = d->dataset;
	d->ask.customer = d->to->customer;
	d->ask.limit = PARCEL_MAX;
	if (!read_details(d)) {
		delivery_postpone(d, "not in the grant", 600000);
		return;
	}
	if (d->once && d->given) {	/* what came later was not asked for */
		d->ask.until_us = far_us;
		delivery_settle(d, -1, NULL, NULL, NULL);
		return;
	}
	read_cursor(d);
	in_turn(d, FIRST_QUESTIONS, ask_customer);
}
