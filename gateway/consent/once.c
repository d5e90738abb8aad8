/* SPDX-License-Identifier: Apache-2.0 */
/*
 * once.c - gathers the uses of proofs and writes them by one statement.
 *
 * Two alike never share a batch: the statement would answer for one row, and
 * both would believe it theirs.
 */
#include "consent/once.h"
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "db/db.h"

enum { BATCH_MAX = 64, WAITING_MAX = 4096, GATHER_US = 2000, QUIET_US = 10000 };

#define HOUR_US (INT64_C(3600) * 1000000)

struct once_wait {
	struct once_use use;
	once_on_verdict *on_verdict;	/* NULL: the asker left */
	void *arg;
};

struct batch {
	struct once *once;
	struct batch *next;
	struct question *question;
	struct once_wait *waits[BATCH_MAX];
	size_t n;
};

struct once {
	struct event_base *base;
	struct db *db;
	struct event *timer;
	struct batch *gathering;	/* or NULL */
	struct batch *flying;		/* a list */
	size_t waiting;
	int64_t flushed_us;
};

/* The end of an hour: a proof signed again with the same jti a moment later
 * meets its twin, too. */
void
once_make(struct once_use *u, const char *kind, const char *signer,
    const char *jti, int64_t until_us)
{
	const struct piece pieces[] = { { kind, strlen(kind) + 1 },
	    { signer, strlen(signer) + 1 }, { jti, strlen(jti) } };

	sha256_pieces(u->hash, pieces, countof(pieces));
	u->until_us = (until_us / HOUR_US + 1) * HOUR_US - 1;
}

static void
tell(struct once *o, struct once_wait *w, int verdict)
{
	o->waiting--;
	if (w->on_verdict != NULL)
		w->on_verdict(verdict, w->arg);
	free(w);
}

static void
unlink_batch(struct batch *b)
{
	struct batch **at = &b->once->flying;

	while (*at != b)
		at = &(*at)->next;
	*at = b->next;
}

static bool
among(const struct rows *r, const uint8_t hash[32])
{
	for (int i = 0; i < rows_count(r); i++) {
		size_t n;
		const uint8_t *found = row_bytes(r, i, "hash", &n);

		if (n == SHA256_SIZE && memcmp(found, hash, n) == 0)
			return true;
	}
	return false;
}

static void
on_written(struct rows *r, int failure, void *arg)
{
	struct batch *b = arg;

	unlink_batch(b);
	for (size_t i = 0; i < b->n; i++)
		tell(b->once, b->waits[i], failure != 0 ? failure :
		    among(r, b->waits[i]->use.hash) ? 0 : E_CONFLICT);
	free(b);
}

/* The database's queue was full: said from the loop, as every verdict. */
static void
on_full(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	on_written(NULL, E_FULL, arg);
}

static void
fill(struct params *p, struct arena *a, const struct batch *b)
{
	struct piece hashes[BATCH_MAX];
	int64_t untils[BATCH_MAX];

	for (size_t i = 0; i < b->n; i++) {
		hashes[i] = (struct piece){ b->waits[i]->use.hash, SHA256_SIZE };
		untils[i] = b->waits[i]->use.until_us;
	}
	params_init(p);
	params_byteses(p, a, hashes, b->n);
	params_ints(p, a, untils, b->n);
}

static void
flush(struct once *o)
{
	struct batch *b = o->gathering;
	const struct timeval now = { 0, 0 };
	struct arena *a;
	struct params p;

	if (b == NULL)
		return;
	o->gathering = NULL;
	o->flushed_us = clock_mono_us();
	evtimer_del(o->timer);
	b->next = o->flying;
	o->flying = b;
	a = arena_new();
	fill(&p, a, b);
	b->question = db_ask(o->db, SQL_JTI_SPEND, &p, on_written, b);
	arena_free(a);
	if (b->question == NULL)
		event_base_once(o->base, -1, EV_TIMEOUT, on_full, b, &now);
}

static void
on_time(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	flush(arg);
}

/* The one who begins a batch after a quiet moment only waits for those of the
 * same turn of the loop. */
static void
begin(struct once *o)
{
	bool quiet = clock_mono_us() - o->flushed_us > QUIET_US;
	struct timeval tv = { 0, quiet ? 0 : GATHER_US };

	o->gathering = xcalloc(1, sizeof(*o->gathering));
	o->gathering->once = o;
	evtimer_add(o->timer, &tv);
}

static bool
gathered(const struct batch *b, const struct once_use *use)
{
	for (size_t i = 0; b != NULL && i < b->n; i++)
		if (memcmp(b->waits[i]->use.hash, use->hash, SHA256_SIZE) == 0)
			return true;
	return false;
}

struct once_wait *
once_spend(struct once *o, const struct once_use *use, once_on_verdict *fn,
    void *arg)
{
	struct once_wait *w;

	if (o->waiting >= WAITING_MAX)
		return NULL;
	if (gathered(o->gathering, use))
		flush(o);	/* its twin first; then this one will conflict */
	if (o->gathering == NULL)
		begin(o);
	w = xcalloc(1, sizeof(*w));
	*w = (struct once_wait){ *use, fn, arg };
	o->waiting++;
	o->gathering->waits[o->gathering->n++] = w;
	if (o->gathering->n == BATCH_MAX)
		flush(o);
	return w;
}

void
once_forget(struct once_wait *w)
{
	w->on_verdict = NULL;
}

struct once *
once_new(struct event_base *base, struct db *db)
{
	struct once *o = xcalloc(1, sizeof(*o));

	o->base = base;
	o->db = db;
	o->timer = evtimer_new(base, on_time, o);
	return o;
}

static void
batch_free(struct batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		free(b->waits[i]);
	free(b);
}

void
once_free(struct once *o)
{
	if (o == NULL)
		return;
	if (o->gathering != NULL)
		batch_free(o->gathering);
	while (o->flying != NULL) {
		struct batch *b = o->flying;

		o->flying = b->next;
		if (b->question != NULL)
			db_forget(b->question);
		batch_free(b);
	}
	event_free(o->timer);
	free(o);
}
