/* SPDX-License-Identifier: Apache-2.0 */
/*
 * renewal.c - group commit of refreshes, one batch in flight at a time.
 *
 * A batch never waits for a grant that somebody is changing: it skips it, and
 * who asked for that one asks again alone.
 */
#include "consent/renewal.h"
#include <event2/event.h>
#include <stdlib.h>
#include <sys/queue.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "db/db.h"

enum { BATCH_MAX = 64, WAITING_MAX = 4096 };

/* Of the parameters of refresh_use.sql (db.h: params_lists). */
static const char kinds[] = "btbtttzutbbbuut";

struct renewal_wait {
	TAILQ_ENTRY(renewal_wait) link;
	struct renewals *renewals;
	const struct params *params;
	renewal_on_verdict *on_verdict;	/* NULL: the asker left */
	void *arg;
	bool sent;
};

struct renewals {
	struct db *db;
	struct event *turn;		/* after all that ask in this turn */
	TAILQ_HEAD(, renewal_wait) waiting;
	size_t waiting_n;
	struct question *question;	/* in flight, or NULL */
	struct renewal_wait *batch[BATCH_MAX];
	size_t n;
};

static void
turn_soon(struct renewals *r)
{
	if (r->n == 0 && !TAILQ_EMPTY(&r->waiting))
		event_active(r->turn, EV_TIMEOUT, 0);
}

static void
on_written(struct rows *rows, int failure, void *arg)
{
	struct renewals *r = arg;
	bool written[BATCH_MAX] = { false };
	size_t n = r->n;

	for (int i = 0; failure == 0 && i < rows_count(rows); i++)
		written[row_int(rows, i, "ord") - 1] = true;
	r->question = NULL;
	for (size_t i = 0; i < n; i++) {
		struct renewal_wait *w = r->batch[i];

		if (w->on_verdict != NULL)
			w->on_verdict(failure != 0 ? failure :
			    written[i] ? 0 : E_DENIED, w->arg);
		free(w);
	}
	r->n = 0;
	turn_soon(r);
}

static void
take(struct renewals *r, const struct params *each[BATCH_MAX])
{
	struct renewal_wait *w;

	while (r->n < BATCH_MAX && (w = TAILQ_FIRST(&r->waiting)) != NULL) {
		TAILQ_REMOVE(&r->waiting, w, link);
		r->waiting_n--;
		w->sent = true;
		each[r->n] = w->params;
		r->batch[r->n++] = w;
	}
}

static void
on_turn(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct renewals *r = arg;
	const struct params *each[BATCH_MAX];
	struct arena *a;
	struct params p;

	if (r->n > 0 || TAILQ_EMPTY(&r->waiting))
		return;
	a = arena_new();
	take(r, each);
	params_lists(&p, a, kinds, each, r->n);
	r->question = db_ask(r->db, SQL_REFRESH_USE_MANY, &p, on_written, r);
	arena_free(a);
	if (r->question == NULL)
		on_written(NULL, E_FULL, r);
}

struct renewal_wait *
renewal_ask(struct renewals *r, const struct params *p, renewal_on_verdict *fn,
    void *arg)
{
	struct renewal_wait *w;

	if (r->waiting_n >= WAITING_MAX)
		return NULL;
	w = xcalloc(1, sizeof(*w));
	w->renewals = r;
	w->params = p;
	w->on_verdict = fn;
	w->arg = arg;
	TAILQ_INSERT_TAIL(&r->waiting, w, link);
	r->waiting_n++;
	turn_soon(r);
	return w;
}

/* Its parameters are gone with the asker: what was not sent never is. */
void
renewal_forget(struct renewal_wait *w)
{
	w->on_verdict = NULL;
	if (w->sent)
		return;
	TAILQ_REMOVE(&w->renewals->waiting, w, link);
	w->renewals->waiting_n--;
	free(w);
}

struct renewals *
renewals_new(struct event_base *base, struct db *db)
{
	struct renewals *r = xcalloc(1, sizeof(*r));

	r->db = db;
	r->turn = evtimer_new(base, on_turn, r);
	TAILQ_INIT(&r->waiting);
	return r;
}

void
renewals_free(struct renewals *r)
{
	struct renewal_wait *w;

	if (r == NULL)
		return;
	if (r->question != NULL)
		db_forget(r->question);
	for (size_t i = 0; i < r->n; i++)
		free(r->batch[i]);
	while ((w = TAILQ_FIRST(&r->waiting)) != NULL) {
		TAILQ_REMOVE(&r->waiting, w, link);
		free(w);
	}
	event_free(r->turn);
	free(r);
}
