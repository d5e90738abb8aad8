/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gather.c - short reads of the same statement go as one.
 *
 * Starting a statement is most of what a page of one customer costs. Those that
 * wait together (behind GATHER_DEPTH others, on every link) become one question
 * whose parameters are lists; its answer is cut apart again. When it fails, it
 * is not known whose fault it was: each is asked alone, once more.
 */
#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "db/db_own.h"

enum { LOOK_MAX = 64 };		/* so far along the queue */

bool
may_gather(const struct question *q)
{
	return q->statement->gathered != NULL && !q->alone;
}

/* ---- asking ---- */

static bool
alike(const struct question *q, const struct question *other)
{
	return other->statement == q->statement && may_gather(other);
}

static void
take(struct question *q)
{
	struct db *db = q->db;

	TAILQ_REMOVE(&db->waiting, q, link);
	db->counts.waiting--;
	db->counts.in_flight++;
	q->sent = true;
}

/* Item i of each list is the parameter of member i. */
static void
lists(struct params *p, struct arena *a, const struct question_list *members)
{
	const struct question *first = TAILQ_FIRST(members), *q;
	struct piece items[GATHER_MAX];

	params_init(p);
	for (int k = 0; k < first->n; k++) {
		bool times = first->formats[k] != 0;
		size_t n = 0;

		TAILQ_FOREACH(q, members, link)
			items[n++] = (struct piece){ q->values[k],
			    (size_t)q->lengths[k] };
		params_items(p, a, times ? OID_TIME_ITEM : OID_TEXT_ITEM,
		    items, n);
	}
}

static db_on_rows on_rows;

/* The members are in the list, and in flight. */
static struct question *
question_for(struct question_list *members)
{
	struct question *first = TAILQ_FIRST(members), *all;
	struct arena *a = arena_new();
	struct params p;

	lists(&p, a, members);
	all = question_new(first->db, first->statement->gathered, &p, on_rows,
	    NULL);
	all->arg = all;
	all->sent = true;
	all->db->counts.in_flight++;
	TAILQ_CONCAT(&all->members, members, link);
	arena_free(a);
	return all;
}

struct question *
gather(struct db *db)
{
	struct question *q = TAILQ_FIRST(&db->waiting), *next, *at;
	struct question_list members = TAILQ_HEAD_INITIALIZER(members);
	int n = 1, looked = 0;

	take(q);
	if (!may_gather(q))
		return q;
	TAILQ_INSERT_TAIL(&members, q, link);
	for (at = TAILQ_FIRST(&db->waiting); at != NULL && n < GATHER_MAX &&
	    looked++ < LOOK_MAX; at = next) {
		next = TAILQ_NEXT(at, link);
		if (alike(q, at)) {
			take(at);
			TAILQ_INSERT_TAIL(&members, at, link);
			n++;
		}
	}
	return n == 1 ? q : question_for(&members);
}

/* ---- the answer ---- */

/* Whose row is it? The last column. */
static int
owner(const struct rows *rows, int i)
{
	struct cell c;

	row_cell(rows, i, rows_columns(rows) - 1, &c);
	return c.n == 8 ? (uint8_t)c.data[7] : 0;
}

/* An answer out of order would be given to somebody else: never. */
static bool
in_order(const struct rows *rows)
{
	int last = 1, n = rows_count(rows);

	for (int i = 0; i < n; i++) {
		int now = owner(rows, i);

		if (now < last || now > GATHER_MAX)
			return false;
		last = now;
	}
	return true;
}

static struct question *
next_member(struct question *all)
{
	struct question *q = TAILQ_FIRST(&all->members);

	if (q != NULL)
		TAILQ_REMOVE(&all->members, q, link);
	return q;
}

static void
answer(struct question *all, struct rows *rows)
{
	struct question *q;
	int at = 0;

	for (int n = 1; (q = next_member(all)) != NULL; n++) {
		int first = at;

		while (at < rows_count(rows) && owner(rows, at) == n)
			at++;
		question_end(q, rows_part(rows, first, at - first), 0);
	}
}

/* Back to the head of the queue, in their order. */
static void
ask_alone(struct question *all)
{
	struct db *db = all->db;
	struct question *q;

	TAILQ_FOREACH(q, &all->members, link) {
		q->alone = true;
		q->sent = false;
		db->counts.in_flight--;
		db->counts.waiting++;
	}
	TAILQ_CONCAT(&all->members, &db->waiting, link);
	TAILQ_CONCAT(&db->waiting, &all->members, link);
	db_flush_soon(db);
}

static void
on_rows(struct rows *rows, int failure, void *arg)
{
	struct question *all = arg, *q;

	if (failure == 0 && in_order(rows)) {
		answer(all, rows);
	} else if (failure != E_UNAVAILABLE) {
		log_warning("asked one by one db=%s statement=\"%s\" why=\"%s\"",
		    all->db->options.name, all->statement->name,
		    failure == 0 ? "rows out of order" : error_name(failure));
		ask_alone(all);
	} else {
		while ((q = next_member(all)) != NULL)
			question_end(q, NULL, failure);
	}
}
