/* SPDX-License-Identifier: Apache-2.0 */
/* settle.c - many deliveries settled by one statement. */
#include "push/settle.h"
#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "db/db.h"
#include "push/parcel.h"

enum { BATCH_MAX = 100, GATHER_MS = 3, AGAIN_MS = 300, TRIES_MAX = 200 };

struct given {
	TAILQ_ENTRY(given) link;
	const struct settlement *s;
	settle_on *on_settled;
	void *arg;
	bool held;
};
TAILQ_HEAD(givens, given);

struct settler {
	struct db *db;
	struct event *turn;
	char *owner;
	struct givens waiting, sent;
	struct question *question;
	int tries;
};

static const struct uuid nil;

/* ---- the batch as arrays ---- */

struct columns {
	struct uuid id[BATCH_MAX], line[BATCH_MAX], subject[BATCH_MAX],
	    grant[BATCH_MAX];
	int64_t attempt[BATCH_MAX], records[BATCH_MAX], changed[BATCH_MAX],
	    wait[BATCH_MAX], refused[BATCH_MAX], log[BATCH_MAX],
	    horizon[BATCH_MAX], has[BATCH_MAX];
	const char *cursor[BATCH_MAX], *state[BATCH_MAX], *reason[BATCH_MAX],
	    *to[BATCH_MAX], *walk[BATCH_MAX];
	struct piece leaf[BATCH_MAX], salt[BATCH_MAX], side[BATCH_MAX];
	/* what was received, of all of them */
	int64_t *of;
	struct piece *name, *digest;
	size_t received_n;
};

static const char *
or_empty(const char *text)
{
	return text == NULL ? "" : text;
}

static void
set_line(struct columns *c, int i, const struct line_row *row)
{
	static const struct line_row none;
	const struct line_row *r = row == NULL ? &none : row;

	c->line[i] = r->id;
	c->log[i] = r->log;
	c->leaf[i] = (struct piece){ or_empty(r->leaf), r->leaf_n };
	c->side[i] = (struct piece){ or_empty(r->side), r->side_n };
	c->salt[i] = (struct piece){ r->salt,
	    r->side_n == 0 ? 0 : sizeof(r->salt) };
	c->subject[i] = r->subject == NULL ? nil : *r->subject;
	c->grant[i] = r->grant == NULL ? nil : *r->grant;
	c->to[i] = or_empty(r->to);
}

/* Of a name that comes twice, the last one counts. */
static bool
comes_again(const struct settlement *s, int k)
{
	for (int i = k + 1; i < s->received_n; i++)
		if (memcmp(s->received[i].name, s->received[k].name,
		    ITEM_MAC) == 0)
			return true;
	return false;
}

static void
set_received(struct columns *c, int i, const struct settlement *s)
{
	for (int k = 0; k < s->received_n; k++) {
		const struct item *item = &s->received[k];
		size_t n = c->received_n;

		if (comes_again(s, k))
			continue;
		c->of[n] = i + 1;
		c->name[n] = (struct piece){ item->name, ITEM_MAC };
		c->digest[n] = (struct piece){ item->digest,
		    item->removed ? 0 : ITEM_MAC };
		c->received_n++;
	}
}

static void
set_row(struct columns *c, int i, const struct settlement *s)
{
	c->id[i] = s->subscription;
	c->attempt[i] = s->attempt;
	c->cursor[i] = or_empty(s->cursor);
	c->records[i] = s->records;
	c->changed[i] = s->changed;
	c->wait[i] = s->wait_ms;
	c->refused[i] = s->refused;
	c->state[i] = or_empty(s->state);
	c->reason[i] = or_empty(s->reason);
	c->horizon[i] = s->horizon_us;
	c->walk[i] = or_empty(s->walk);
	c->has[i] = s->has;
	set_received(c, i, s);
	set_line(c, i, s->line);
}

static void
put(struct params *p, struct arena *a, const struct columns *c, size_t n,
    const char *owner)
{
	params_init(p);
	params_text(p, owner);
	params_uuids(p, a, c->id, n);
	params_ints(p, a, c->attempt, n);
	params_texts(p, a, c->cursor, n);
	params_ints(p, a, c->records, n);
	params_ints(p, a, c->changed, n);
	params_ints(p, a, c->wait, n);
	params_ints(p, a, c->refused, n);
	params_texts(p, a, c->state, n);
	params_texts(p, a, c->reason, n);
	params_uuids(p, a, c->line, n);
	params_ints(p, a, c->log, n);
	params_byteses(p, a, c->leaf, n);
	params_byteses(p, a, c->salt, n);
	params_byteses(p, a, c->side, n);
	params_uuids(p, a, c->subject, n);
	params_uuids(p, a, c->grant, n);
	params_texts(p, a, c->to, n);
	params_ints(p, a, c->horizon, n);
	params_texts(p, a, c->walk, n);
	params_ints(p, a, c->of, c->received_n);
	params_byteses(p, a, c->name, c->received_n);
	params_byteses(p, a, c->digest, c->received_n);
	params_ints(p, a, c->has, n);
}

/* ---- asking and answering ---- */

static void
turn_in(struct settler *t, int ms)
{
	const struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	if (t->question == NULL && !evtimer_pending(t->turn, NULL))
		evtimer_add(t->turn, &tv);
}

static void
end_all(struct settler *t)
{
	struct given *g;

	t->tries = 0;
	while ((g = TAILQ_FIRST(&t->sent)) != NULL) {
		TAILQ_REMOVE(&t->sent, g, link);
		g->on_settled(g->held, g->arg);
		free(g);
	}
}

static void
mark_held(struct settler *t, const struct rows *rows)
{
	struct given *g;

	for (int i = 0; i < rows_count(rows); i++) {
		struct uuid id;

		row_uuid(rows, i, "id", &id);
		TAILQ_FOREACH(g, &t->sent, link)
			if (memcmp(&g->s->subscription, &id, sizeof(id)) == 0)
				g->held = true;
	}
}

static void
on_answer(struct rows *rows, int failure, void *arg)
{
	struct settler *t = arg;

	t->question = NULL;
	if (failure == 0) {
		mark_held(t, rows);
		end_all(t);
	} else if (++t->tries >= TRIES_MAX) {
		/* their leases run out, they are tried again alone */
		log_error("deliveries could not be settled why=%s",
		    error_name(failure));
		end_all(t);
	} else {
		if (t->tries == 1)
			log_warning("deliveries wait to be settled why=%s",
			    error_name(failure));
		turn_in(t, AGAIN_MS);
		return;
	}
	if (!TAILQ_EMPTY(&t->waiting))
		turn_in(t, 0);
}

static void
send_batch(struct settler *t)
{
	struct arena *a = arena_new();
	struct columns *c = arena_alloc(a, sizeof(*c));
	struct params p;
	struct given *g;
	size_t received = 1;
	int n = 0;

	TAILQ_FOREACH(g, &t->sent, link)
		received += (size_t)g->s->received_n;
	c->of = arena_alloc(a, received * sizeof(*c->of));
	c->name = arena_alloc(a, received * sizeof(*c->name));
	c->digest = arena_alloc(a, received * sizeof(*c->digest));
	TAILQ_FOREACH(g, &t->sent, link)
		set_row(c, n++, g->s);
	put(&p, a, c, (size_t)n, t->owner);
	t->question = db_ask(t->db, SQL_SUBSCRIPTION_SETTLE, &p, on_answer, t);
	arena_free(a);
	if (t->question == NULL)
		turn_in(t, AGAIN_MS);
}

static void
on_turn(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct settler *t = arg;
	struct given *g;

	if (t->question != NULL)
		return;
	if (TAILQ_EMPTY(&t->sent))		/* else the same again */
		for (int n = 0; n < BATCH_MAX &&
		    (g = TAILQ_FIRST(&t->waiting)) != NULL; n++) {
			TAILQ_REMOVE(&t->waiting, g, link);
			TAILQ_INSERT_TAIL(&t->sent, g, link);
		}
	if (!TAILQ_EMPTY(&t->sent))
		send_batch(t);
}

void
settler_give(struct settler *t, const struct settlement *s,
    settle_on *on_settled, void *arg)
{
	struct given *g = xcalloc(1, sizeof(*g));

	g->s = s;
	g->on_settled = on_settled;
	g->arg = arg;
	TAILQ_INSERT_TAIL(&t->waiting, g, link);
	turn_in(t, GATHER_MS);
}

struct settler *
settler_new(struct event_base *base, struct db *db, const char *owner)
{
	struct settler *t = xcalloc(1, sizeof(*t));

	t->db = db;
	t->owner = xstrdup(owner);
	t->turn = evtimer_new(base, on_turn, t);
	TAILQ_INIT(&t->waiting);
	TAILQ_INIT(&t->sent);
	return t;
}

void
settler_free(struct settler *t)
{
	struct given *g;

	if (t == NULL)
		return;
	if (t->question != NULL)
		db_forget(t->question);
	while ((g = TAILQ_FIRST(&t->sent)) != NULL ||
	    (g = TAILQ_FIRST(&t->waiting)) != NULL) {
		if (g == TAILQ_FIRST(&t->sent))
			TAILQ_REMOVE(&t->sent, g, link);
		else
			TAILQ_REMOVE(&t->waiting, g, link);
		free(g);
	}
	event_free(t->turn);
	free(t->owner);
	free(t);
}
