/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate.c - group commit of the lines that must be there before a byte leaves.
 *
 * One batch is in flight at a time: while PostgreSQL writes it to disk, the
 * next one gathers, so that batches grow with the load and a lone call waits
 * for nobody. A batch is one statement (sql/gate_admit.sql), one commit.
 *
 * Whatever goes wrong, a pass ends in a second: its line may then be in the
 * journal without a byte having left, never the other way round. Notes are
 * patient: they are asked again until they are known to be committed. Nobody
 * can know whether a batch whose answer was lost was committed; repeating it
 * does no harm, since an id is written once.
 */
#include "journal/gate.h"
#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/settings.h"
#include "crypto/hash.h"
#include "db/db.h"

enum {
	BATCH_MAX	= 500,	/* measured: twice the lines of 100 */
	NOTES_MAX	= 10000,	/* passes: one for each call in flight */
	SILENCE_MS	= 10000,	/* a frozen database says nothing */
	VERDICT_MS	= 1000,		/* an older one is not given */
	BUSY_MS		= 500,		/* a grant being changed that long */
	BUSY_TURN_MS	= 2,		/* between two tries of such a grant */
	AWAY_MS		= 250,		/* a reconnection may take that long */
	AWAY_TURN_MS	= 50,		/* between two looks meanwhile */
	NOTE_TRIES	= 40		/* statements refused, not lost ones */
};

struct gate_pass {
	TAILQ_ENTRY(gate_pass) link;
	struct gate *gate;
	struct line_row row;		/* points into this block */
	struct uuid subject, grant;
	gate_on_verdict *on_verdict;	/* NULL: a note, or nobody waits */
	void *arg;
	bool note, sent, busy, refused;
	int tries;
	int64_t asked_us;
	char text[];
};
TAILQ_HEAD(passes, gate_pass);

struct gate {
	struct db *db;
	struct event *turn;		/* time to send, or to try again */
	struct event *late;		/* the verdict in flight is too old */
	struct event *end;		/* draining took too long, or is over */
	void (*drained)(void *);	/* NULL: nobody waits */
	void *drained_arg;
	struct passes waiting, sent;
	size_t waiting_n, notes_n;	/* notes: waiting and sent */
	int batch_max;			/* 1 after a statement was refused */
	struct question *question;	/* in flight, or NULL */
	struct columns {		/* the batch being built */
		struct uuid id[BATCH_MAX], subject[BATCH_MAX],
		    grant[BATCH_MAX], asks[BATCH_MAX];
		int64_t log[BATCH_MAX];
		struct piece leaf[BATCH_MAX], salt[BATCH_MAX],
		    side[BATCH_MAX];
		const char *to[BATCH_MAX];
	} columns;
	struct gate_counts counts;
};

static const struct uuid nil;

/* ---- passes ---- */

static struct gate_pass *
pass_new(struct gate *g, const struct line_row *row)
{
	size_t to_n = row->to == NULL ? 0 : strlen(row->to) + 1;
	struct gate_pass *p = xmalloc(sizeof(*p) + row->leaf_n + row->side_n +
	    to_n);
	char *text = p->text;

	*p = (struct gate_pass){ .gate = g, .row = *row,
	    .asked_us = clock_mono_us() };
	p->row.leaf = memcpy(text, row->leaf, row->leaf_n);
	p->row.side = memcpy(text += row->leaf_n,
	    row->side == NULL ? "" : row->side, row->side_n);
	p->row.to = row->to == NULL ? ""
	    : memcpy(text + row->side_n, row->to, to_n);
	p->subject = row->subject == NULL ? nil : *row->subject;
	p->grant = row->grant == NULL ? nil : *row->grant;
	return p;
}

static void
pass_end(struct gate_pass *p, int verdict)
{
	struct gate *g = p->gate;

	if (p->sent)
		TAILQ_REMOVE(&g->sent, p, link);
	else {
		TAILQ_REMOVE(&g->waiting, p, link);
		g->waiting_n--;
	}
	if (p->note && --g->notes_n == 0 && g->drained != NULL)
		event_active(g->end, EV_TIMEOUT, 0);
	if (p->on_verdict != NULL) {
		g->counts.denied += verdict == E_DENIED;
		g->counts.failed += verdict < 0 && verdict != E_DENIED;
		p->on_verdict(verdict, p->arg);
	}
	free(p);
}

static void
pass_wait(struct gate_pass *p, bool first)
{
	struct gate *g = p->gate;

	p->sent = false;
	if (first)
		TAILQ_INSERT_HEAD(&g->waiting, p, link);
	else
		TAILQ_INSERT_TAIL(&g->waiting, p, link);
	g->waiting_n++;
}

static void
turn_in(struct gate *g, int ms)
{
	const struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	if (g->question == NULL && !evtimer_pending(g->turn, NULL))
		evtimer_add(g->turn, &tv);
}

static void
late_in(struct gate *g)
{
	const struct timeval tv = { VERDICT_MS / 1000, VERDICT_MS % 1000 * 1000 };

	evtimer_add(g->late, &tv);
}

/* ---- sending a batch ---- */

static void
column_set(struct columns *c, int i, const struct gate_pass *p)
{
	c->id[i] = p->row.id;
	c->log[i] = p->row.log;
	c->leaf[i] = (struct piece){ p->row.leaf, p->row.leaf_n };
	c->side[i] = (struct piece){ p->row.side, p->row.side_n };
	c->salt[i] = (struct piece){ p->row.salt,
	    p->row.side_n == 0 ? 0 : sizeof(p->row.salt) };
	c->subject[i] = p->subject;
	c->grant[i] = p->grant;
	c->asks[i] = p->note ? nil : p->grant;
	c->to[i] = p->row.to;
}

static void
columns_params(struct params *p, struct arena *a, const struct columns *c,
    size_t n)
{
	params_init(p);
	params_uuids(p, a, c->id, n);
	params_ints(p, a, c->log, n);
	params_byteses(p, a, c->leaf, n);
	params_byteses(p, a, c->salt, n);
	params_byteses(p, a, c->side, n);
	params_uuids(p, a, c->subject, n);
	params_uuids(p, a, c->grant, n);
	params_texts(p, a, c->to, n);
	params_uuids(p, a, c->asks, n);
}

static int
take_batch(struct gate *g)
{
	struct gate_pass *p;
	int n = 0;

	while (n < g->batch_max && (p = TAILQ_FIRST(&g->waiting)) != NULL) {
		TAILQ_REMOVE(&g->waiting, p, link);
		g->waiting_n--;
		p->sent = true;
		p->busy = p->refused = false;
		TAILQ_INSERT_TAIL(&g->sent, p, link);
		column_set(&g->columns, n++, p);
	}
	return n;
}

static db_on_rows on_answer;

static void
send_batch(struct gate *g)
{
	struct arena *a = arena_new();
	int n = take_batch(g);
	struct params p;

	columns_params(&p, a, &g->columns, (size_t)n);
	g->question = db_ask(g->db, SQL_GATE_ADMIT, &p, on_answer, g);
	arena_free(a);
	if (g->question == NULL) {		/* cannot be: one at a time */
		on_answer(NULL, E_FULL, g);
		return;
	}
	late_in(g);
	g->counts.batches++;
	g->counts.lines += (unsigned long)n;
}

/* ---- what the answer says ---- */

static void
mark_unwritten(struct gate *g, const struct rows *rows)
{
	struct gate_pass *p = TAILQ_FIRST(&g->sent);
	int64_t at = 1;

	for (int i = 0; i < rows_count(rows); i++) {
		int64_t ord = row_int(rows, i, "ord");

		for (; at < ord; at++)
			p = TAILQ_NEXT(p, link);
		p->refused = true;
		p->busy = row_bool(rows, i, "busy");
	}
}

/* Is it settled, or does its grant keep it waiting? */
static bool
settle(struct gate_pass *p)
{
	int64_t age_ms = (clock_mono_us() - p->asked_us) / 1000;

	if (p->refused && p->busy && age_ms < BUSY_MS && p->on_verdict) {
		TAILQ_REMOVE(&p->gate->sent, p, link);
		pass_wait(p, false);
		return false;
	}
	pass_end(p, !p->refused ? 0 : p->busy ? E_UNAVAILABLE : E_DENIED);
	return true;
}

/* Nobody knows what became of it: notes wait again, in their order. One that
 * is there already, its first answer was lost, says so when it stands alone. */
static void
unsettle(struct gate_pass *p, int failure, bool alone)
{
	struct gate *g = p->gate;

	if (failure == E_CONFLICT) {
		if (!alone) {
			TAILQ_REMOVE(&g->sent, p, link);
			pass_wait(p, true);
		} else
			pass_end(p, p->note ? 0 : E_UNAVAILABLE);
		return;
	}
	if (!p->note) {
		pass_end(p, failure == E_FULL ? E_FULL : E_UNAVAILABLE);
		return;
	}
	if (failure == E_STATEMENT && ++p->tries > NOTE_TRIES) {
		log_error("journal line refused by the database, given up"
		    " log=%s", journal_log_name(p->row.log));
		g->counts.lost++;
		pass_end(p, E_STATEMENT);
		return;
	}
	TAILQ_REMOVE(&g->sent, p, link);
	pass_wait(p, failure != E_STATEMENT);	/* a bad one: behind all */
}

/* Returns when to look again. */
static int
settle_all(struct gate *g, const struct rows *rows)
{
	struct gate_pass *p;
	int ms = 0;

	mark_unwritten(g, rows);
	g->batch_max = BATCH_MAX;
	while ((p = TAILQ_FIRST(&g->sent)) != NULL)
		if (!settle(p))
			ms = BUSY_TURN_MS;
	return ms;
}

static int
unsettle_all(struct gate *g, int failure)
{
	struct gate_pass *p = TAILQ_FIRST(&g->sent);
	bool alone = TAILQ_NEXT(p, link) == NULL;
	bool one_is_bad = failure == E_STATEMENT || failure == E_CONFLICT;

	/* it must not stop its neighbours */
	g->batch_max = one_is_bad ? 1 : BATCH_MAX;
	while ((p = TAILQ_LAST(&g->sent, passes)) != NULL)
		unsettle(p, failure, alone);
	return failure == E_CONFLICT ? 0 : one_is_bad ? AWAY_MS : AWAY_TURN_MS;
}

static void
on_answer(struct rows *rows, int failure, void *arg)
{
	struct gate *g = arg;
	int ms;

	evtimer_del(g->late);
	ms = failure == 0 ? settle_all(g, rows) : unsettle_all(g, failure);
	g->question = NULL;		/* what callbacks ask waits till here */
	if (!TAILQ_EMPTY(&g->waiting))
		turn_in(g, ms);
}

/* Passes asked before that moment do not wait any longer. What a callback asks
 * meanwhile is younger. */
static void
refuse_waiting(struct gate *g, int64_t before_us)
{
	struct gate_pass *p;

	for (;;) {
		TAILQ_FOREACH(p, &g->waiting, link)
			if (!p->note && p->asked_us < before_us)
				break;
		if (p == NULL)
			return;
		pass_end(p, E_UNAVAILABLE);
	}
}

static void
on_turn(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct gate *g = arg;

	if (g->question != NULL || TAILQ_EMPTY(&g->waiting))
		return;
	if (db_ready(g->db)) {
		send_batch(g);
		return;
	}
	refuse_waiting(g, clock_mono_us() - AWAY_MS * 1000);
	if (!TAILQ_EMPTY(&g->waiting))
		turn_in(g, AWAY_TURN_MS);
}

/* The answer will still come and settle the notes; passes go now. */
static void
on_late(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct gate *g = arg;
	struct gate_pass *p;

	log_warning("journal is slow, calls refused ms=%d", VERDICT_MS);
	TAILQ_FOREACH(p, &g->sent, link) {
		gate_on_verdict *fn = p->on_verdict;

		p->on_verdict = NULL;
		if (fn != NULL)
			fn(E_UNAVAILABLE, p->arg);
	}
	refuse_waiting(g, clock_mono_us());
	late_in(g);		/* for those who ask from now on */
}

static void
on_end(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct gate *g = arg;
	void (*drained)(void *) = g->drained;

	evtimer_del(g->end);
	g->drained = NULL;
	if (drained != NULL)
		drained(g->drained_arg);
}

/* ---- the outside ---- */

struct gate *
gate_new(struct event_base *base, const struct settings *s)
{
	const struct db_options options = {
		.url = s->database_url,
		.name = "gate",
		.application_name = "guichet gate",
		.connections = 1,
		.queue_max = 4,
		.silence_ms = SILENCE_MS,
		.prepared = s->prepared_statements,
		.statements = SQL_GATE_ADMIT,
		.statement_count = 1,
	};
	struct gate *g = xcalloc(1, sizeof(*g));

	TAILQ_INIT(&g->waiting);
	TAILQ_INIT(&g->sent);
	g->batch_max = BATCH_MAX;
	g->turn = evtimer_new(base, on_turn, g);
	g->late = evtimer_new(base, on_late, g);
	g->end = evtimer_new(base, on_end, g);
	g->db = db_open(base, &options);
	return g;
}

void
gate_free(struct gate *g)
{
	struct gate_pass *p;

	if (g == NULL)
		return;
	if (g->notes_n > 0)
		log_error("journal lines lost at the end lines=%zu",
		    g->notes_n);
	if (g->question != NULL)
		db_forget(g->question);
	db_close(g->db);
	g->drained = NULL;
	while ((p = TAILQ_FIRST(&g->sent)) != NULL ||
	    (p = TAILQ_FIRST(&g->waiting)) != NULL) {
		p->on_verdict = NULL;
		pass_end(p, E_GONE);
	}
	event_free(g->turn);
	event_free(g->late);
	event_free(g->end);
	free(g);
}

struct gate_pass *
gate_admit(struct gate *g, const struct line_row *row,
    gate_on_verdict *on_verdict, void *arg)
{
	struct gate_pass *p;

	assert(row->grant != NULL && on_verdict != NULL);
	p = pass_new(g, row);
	p->on_verdict = on_verdict;
	p->arg = arg;
	pass_wait(p, false);
	turn_in(g, 0);
	return p;
}

void
gate_forget(struct gate_pass *p)
{
	p->on_verdict = NULL;
	if (!p->sent)
		pass_end(p, E_GONE);
}

void
gate_note(struct gate *g, const struct line_row *row)
{
	struct gate_pass *p;

	if (g->notes_n >= NOTES_MAX) {
		if (g->counts.lost++ % 1000 == 0)
			log_error("journal lines lost: the database is away"
			    " too long waiting=%zu", g->notes_n);
		return;
	}
	p = pass_new(g, row);
	p->note = true;
	g->notes_n++;
	pass_wait(p, false);
	turn_in(g, 0);
}

void
gate_drain(struct gate *g, int deadline_ms, void (*done)(void *), void *arg)
{
	const struct timeval tv = { deadline_ms / 1000,
	    deadline_ms % 1000 * 1000 };

	g->drained = done;
	g->drained_arg = arg;
	if (gate_idle(g))
		event_active(g->end, EV_TIMEOUT, 0);
	else
		evtimer_add(g->end, &tv);
}

bool
gate_idle(const struct gate *g)
{
	return g->notes_n == 0;
}

void
gate_count(const struct gate *g, struct gate_counts *out)
{
	*out = g->counts;
	out->waiting = g->waiting_n;
}
