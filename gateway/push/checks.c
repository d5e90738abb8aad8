/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checks.c - is the door still open? A few at once, the longest not looked at
 * first. A door that is closed for good sets its deliveries aside, by one
 * statement with its line; a cloud that is merely away is looked at next time.
 */
#include "push/checks.h"
#include <event2/event.h>
#include <stdlib.h>
#include <sys/queue.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/settings.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "db/db.h"
#include "http/house.h"
#include "push/destination.h"
#include "push/errand.h"

enum { AT_ONCE = 8, TURN_MS = 1000 };

struct check {
	LIST_ENTRY(check) among;
	struct checks *all;
	struct arena *arena;
	struct destination *to;
	struct errand errand;
	struct question *question;
	char id[17];
};

struct checks {
	struct house *house;
	struct event *turn;
	struct question *question;
	LIST_HEAD(, check) list;
	int under_way;
};

static void
check_free(struct check *k)
{
	LIST_REMOVE(k, among);
	k->all->under_way--;
	arena_free(k->arena);
}

static void
on_lost(struct rows *rows, int failure, void *arg)
{
	struct check *k = arg;

	k->question = NULL;
	if (failure == 0 && rows_count(rows) > 0)
		log_info("check=%s pims=%s the door is closed outcome=%s", k->id,
		    k->to->client_id, outcome_name(k->errand.outcome));
	check_free(k);
}

static void
lose(struct check *k)
{
	const char *outcome = outcome_name(k->errand.outcome);
	const struct line line = { .event = "destination.lost",
	    .to = k->to->client_id, .outcome = outcome, .records = -1,
	    .bytes = -1, .actor = "system", .subject = &k->to->subject,
	    .grant = &k->to->grant, .reason = k->errand.why, .call = k->id };
	struct line_row row;
	struct params p;

	line_make(&row, k->arena, &line);
	params_init(&p);
	line_params(&p, &row);
	params_uuid(&p, &k->to->grant);
	params_text(&p, arena_printf(k->arena, "%s: %s", outcome,
	    k->errand.why));
	k->question = db_ask(k->all->house->db, SQL_DESTINATION_LOST, &p,
	    on_lost, k);
	if (k->question == NULL)
		check_free(k);
}

static void
on_end(struct errand *e)
{
	struct check *k = e->arg;

	if (e->outcome == GONE || e->outcome == REAUTH || e->outcome == MOVED)
		lose(k);
	else
		check_free(k);
}

static void
begin(struct checks *c, const struct rows *rows, int row)
{
	struct arena *a = arena_new();
	struct check *k = arena_alloc(a, sizeof(*k));
	uint8_t id[8];

	k->arena = a;
	k->all = c;
	k->to = destination_new(a);
	random_bytes(id, sizeof(id));
	hex_encode(k->id, id, sizeof(id));
	LIST_INSERT_HEAD(&c->list, k, among);
	c->under_way++;
	if (destination_read(k->to, c->house->keys, rows, row, a) < 0) {
		check_free(k);		/* a delivery says so, louder */
		return;
	}
	k->errand = (struct errand){ .house = c->house, .arena = a,
	    .to = k->to, .tag = k->id, .saves = true, .on_end = on_end,
	    .arg = k, .until_us = clock_mono_us() +
		c->house->settings->push_deadline_ms * 1000 };
	errand_run(&k->errand, ERRAND_CHECK);
}

static void
on_claimed(struct rows *rows, int failure, void *arg)
{
	struct checks *c = arg;

	c->question = NULL;
	for (int i = 0; failure == 0 && i < rows_count(rows); i++)
		begin(c, rows, i);
}

static void
on_turn(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct checks *c = arg;
	struct params p;

	if (c->question != NULL || c->under_way == AT_ONCE)
		return;
	params_init(&p);
	params_int(&p, c->house->settings->push_check_s);
	params_int(&p, AT_ONCE - c->under_way);
	c->question = db_ask(c->house->db, SQL_DESTINATION_CHECK, &p,
	    on_claimed, c);
}

struct checks *
checks_new(struct house *h)
{
	const struct timeval every = { TURN_MS / 1000, TURN_MS % 1000 * 1000 };
	struct checks *c = xcalloc(1, sizeof(*c));

	c->house = h;
	LIST_INIT(&c->list);
	c->turn = event_new(h->base, -1, EV_PERSIST, on_turn, c);
	event_add(c->turn, &every);
	return c;
}

void
checks_free(struct checks *c)
{
	struct check *k;

	if (c == NULL)
		return;
	while ((k = LIST_FIRST(&c->list)) != NULL) {
		errand_forget(&k->errand);
		if (k->question != NULL)
			db_forget(k->question);
		check_free(k);
	}
	if (c->question != NULL)
		db_forget(c->question);
	event_free(c->turn);
	free(c);
}
