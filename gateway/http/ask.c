/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask.c - a step asks a database and sleeps until the answer.
 *
 * The rows are kept until the call ends: texts read from them may be used in
 * every later step.
 */
#include <assert.h>
#include "base/arena.h"
#include "base/error.h"
#include "http/exchange.h"

static void
free_rows(void *rows)
{
	rows_free(rows);
}

static void
on_rows(struct rows *rows, int failure, void *arg)
{
	struct call *c = arg;

	assert(c->magic == CALL_MAGIC);
	c->rows = NULL;
	if (rows != NULL) {
		c->rows = rows_keep(rows);
		arena_defer(c->arena, free_rows, c->rows);
	}
	call_wake(c, failure);
}

static void
forget(void *question)
{
	db_forget(question);
}

static enum next
ask(struct call *c, struct db *db, const struct statement *s,
    const struct params *p, bool anyway)
{
	struct exchange *x = exchange_of(c);
	struct question *q = db_ask(db, s, p, on_rows, c);
	enum next next = call_wait(c, forget, q);

	x->anyway = anyway;
	if (q == NULL) {		/* the queue is full */
		c->rows = NULL;
		call_wake(c, E_FULL);
	}
	return next;
}

enum next
call_ask(struct call *c, struct db *db, const struct statement *s,
    const struct params *p)
{
	return ask(c, db, s, p, false);
}

enum next
call_ask_anyway(struct call *c, struct db *db, const struct statement *s,
    const struct params *p)
{
	return ask(c, db, s, p, true);
}
