/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db.c - the pool: questions wait here, and go out once per loop turn.
 *
 * db_ask only queues; an event activated by hand runs after every callback of
 * this turn and sends what they asked together: one Sync, one write.
 */
#include "db/db.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "db/db_own.h"

/* ---- questions ---- */

/* One piece of memory: the question, three arrays, the values. */
static struct question *
question_of(const struct params *p)
{
	int n = p == PARAMS_NONE ? 0 : p->n;
	size_t size = sizeof(struct question) +
	    (size_t)n * (sizeof(char *) + 2 * sizeof(int));
	struct question *q;
	char *to;

	for (int i = 0; i < n; i++)
		size += p->values[i] == NULL ? 0 : (size_t)p->lengths[i] + 1;
	q = xmalloc(size);
	memset(q, 0, sizeof(*q));
	q->n = n;
	q->values = (const char **)(q + 1);
	q->lengths = (int *)(q->values + n);
	q->formats = q->lengths + n;
	to = (char *)(q->formats + n);
	for (int i = 0; i < n; i++) {
		q->lengths[i] = p->lengths[i];
		q->formats[i] = p->formats[i];
		q->values[i] = p->values[i] == NULL ? NULL : to;
		if (p->values[i] == NULL)
			continue;
		memcpy(to, p->values[i], (size_t)p->lengths[i]);
		to[p->lengths[i]] = '\0';
		to += p->lengths[i] + 1;
	}
	return q;
}

struct question *
question_new(struct db *db, const struct statement *statement,
    const struct params *params, db_on_rows *on_rows, void *arg)
{
	struct question *q = question_of(params);

	q->db = db;
	q->statement = statement;
	q->slot = db_slot(db, statement);
	q->on_rows = on_rows;
	q->arg = arg;
	TAILQ_INIT(&q->members);
	return q;
}

/* Without a word to anybody. */
void
question_free(struct question *q)
{
	struct question *member;

	if (q == NULL)
		return;
	while ((member = TAILQ_FIRST(&q->members)) != NULL) {
		TAILQ_REMOVE(&q->members, member, link);
		free(member);
	}
	free(q);
}

void
question_end(struct question *q, struct rows *rows, int failure)
{
	struct db *db = q->db;
	bool within = db->calling;	/* one of many asked as one */

	if (q->sent)
		db->counts.in_flight--;
	else
		db->counts.waiting--;
	if (failure < 0)
		db->counts.failed++;
	if (q->on_rows != NULL) {
		q->calling = db->calling = true;
		q->on_rows(rows, failure, q->arg);
		db->calling = within;
	}
	rows_free(rows);		/* unless somebody keeps them */
	question_free(q);
}

struct question *
db_ask(struct db *db, const struct statement *statement,
    const struct params *params, db_on_rows *on_rows, void *arg)
{
	struct question *q;

	if (db->counts.waiting + db->counts.in_flight >=
	    (size_t)db->options.queue_max)
		return NULL;
	q = question_new(db, statement, params, on_rows, arg);
	TAILQ_INSERT_TAIL(&db->waiting, q, link);
	db->counts.waiting++;
	db->counts.asked++;
	db_flush_soon(db);
	return q;
}

void
db_forget(struct question *q)
{
	if (q->calling)
		return;
	q->on_rows = NULL;
	if (q->sent)
		return;		/* the link still expects its answer */
	TAILQ_REMOVE(&q->db->waiting, q, link);
	question_end(q, NULL, 0);
}

/* ---- statements ---- */

/* Those given at the opening have their index; others a look further on. */
int
db_slot(struct db *db, const struct statement *statement)
{
	int given = (int)db->options.statement_count;
	ptrdiff_t i = statement - db->options.statements;

	if (given > 0 && i >= 0 && i < given)
		return (int)i;
	for (int k = given; k < db->slot_n; k++)
		if (db->slots[k].statement == statement)
			return k;
	if (db->slot_n == db->slot_size) {
		db->slot_size = db->slot_size * 2 + 8;
		db->slots = xrealloc(db->slots,
		    (size_t)db->slot_size * sizeof(*db->slots));
	}
	db->slots[db->slot_n] = (struct slot){ statement };
	return db->slot_n++;
}

/* ---- sending ---- */

void
db_flush_soon(struct db *db)
{
	event_active(db->flush, EV_TIMEOUT, 0);
}

/* A pooler hands the server session to somebody else at the end of a segment:
 * pgbouncer 1.18 does so even when the next segment is on its way already, and
 * answers then reach the wrong caller (measured: once in half a million; see
 * its issue 759).
 * Behind a pooler, one segment at a time. */
static bool
may_take(const struct link *l, const struct question *q)
{
	if (l->state != LINK_READY ||
	    l->depth >= (may_gather(q) ? GATHER_DEPTH : DEPTH_MAX))
		return false;
	if (l->db->options.prepared || l->head == l->tail)
		return true;
	return l->segment && !q->statement->writes;
}

/* The link with the least to do; NULL when none can take it now. */
static struct link *
link_choose(struct db *db, const struct question *q)
{
	struct link *best = NULL;

	for (int i = 0; i < db->link_n; i++) {
		struct link *l = &db->links[i];

		if (may_take(l, q) && (best == NULL || l->depth < best->depth))
			best = l;
	}
	return best;
}

/* Those that wait now; a callback may forget one of them, or ask anew. */
static void
fail_waiting(struct db *db)
{
	struct question *q;

	for (size_t n = db->counts.waiting; n > 0; n--) {
		if ((q = TAILQ_FIRST(&db->waiting)) == NULL)
			break;
		TAILQ_REMOVE(&db->waiting, q, link);
		question_end(q, NULL, E_UNAVAILABLE);
	}
}

/* Nothing can be sent: patience for a moment, then a clear word. */
static void
wait_or_fail(struct db *db)
{
	int64_t left = db->away_us + AWAY_MS * 1000 - clock_mono_us();
	struct timeval tv = tv_of_us(left);

	if (left <= 0)
		fail_waiting(db);
	else if (!evtimer_pending(db->away, NULL))
		evtimer_add(db->away, &tv);
}

static void
on_flush(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct db *db = arg;
	struct question *q;
	struct link *l;

	while ((q = TAILQ_FIRST(&db->waiting)) != NULL &&
	    (l = link_choose(db, q)) != NULL)
		link_send(l, gather(db));
	for (int i = 0; i < db->link_n; i++)
		link_flush(&db->links[i]);
	if (!TAILQ_EMPTY(&db->waiting) && !db_ready(db))
		wait_or_fail(db);
}

/* ---- the whole ---- */

bool
db_ready(const struct db *db)
{
	for (int i = 0; i < db->link_n; i++)
		if (db->links[i].state == LINK_READY)
			return true;
	return false;
}

/* Told once when the last link goes, and once when the first is back. */
void
db_link_changed(struct db *db, const char *why)
{
	bool ready = db_ready(db);

	if (ready) {
		if (db->away_told)
			log_info("database back db=%s", db->options.name);
		db->away_told = false;
		db->away_us = 0;
		db_flush_soon(db);
		return;
	}
	if (db->away_us == 0)
		db->away_us = clock_mono_us();
	if (!db->away_told)
		log_warning("database away db=%s why=\"%s\"", db->options.name,
		    why);
	db->away_told = true;
	if (!TAILQ_EMPTY(&db->waiting))
		db_flush_soon(db);
}

static void
options_copy(struct db_options *to, const struct db_options *from)
{
	*to = *from;
	to->url = xstrdup(from->url);
	to->name = xstrdup(from->name);
	to->application_name = xstrdup(from->application_name == NULL ?
	    "guichet" : from->application_name);
	to->time_zone = from->time_zone == NULL ? NULL :
	    xstrdup(from->time_zone);
}

struct db *
db_open(struct event_base *base, const struct db_options *options)
{
	struct db *db = xcalloc(1, sizeof(*db) +
	    (size_t)options->connections * sizeof(struct link));

	assert(options->connections > 0 && options->queue_max > 0);
	db->base = base;
	options_copy(&db->options, options);
	TAILQ_INIT(&db->waiting);
	db->flush = evtimer_new(base, on_flush, db);
	db->away = evtimer_new(base, on_flush, db);
	db->away_us = clock_mono_us();
	db->slot_n = db->slot_size = (int)options->statement_count;
	db->slots = xcalloc((size_t)db->slot_size + 1, sizeof(*db->slots));
	for (int i = 0; i < db->slot_n; i++)
		db->slots[i] = (struct slot){ &options->statements[i] };
	db->link_n = options->connections;
	for (int i = 0; i < db->link_n; i++)
		link_init(&db->links[i], db);
	return db;
}

void
db_close(struct db *db)
{
	struct question *q;

	if (db == NULL)
		return;
	assert(!db->calling);
	for (int i = 0; i < db->link_n; i++)
		link_clear(&db->links[i]);
	while ((q = TAILQ_FIRST(&db->waiting)) != NULL) {
		TAILQ_REMOVE(&db->waiting, q, link);
		question_free(q);
	}
	event_free(db->flush);
	event_free(db->away);
	free((char *)db->options.url);
	free((char *)db->options.name);
	free((char *)db->options.application_name);
	free((char *)db->options.time_zone);
	free(db->slots);
	free(db);
}

void
db_count(const struct db *db, struct db_counts *out)
{
	*out = db->counts;
	out->connections = 0;
	for (int i = 0; i < db->link_n; i++)
		out->connections += db->links[i].state == LINK_READY;
}
