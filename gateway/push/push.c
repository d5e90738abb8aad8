/* SPDX-License-Identifier: Apache-2.0 */
/*
 * push.c - claiming: what is due, host by host, as much as may be under way.
 *
 * Regular claims never touch a lease that ran out: its worker died, and perhaps
 * because of it. While there are such suspects this worker lets its deliveries
 * end, then tries them one by one with nothing else under way, so that a
 * delivery that kills is found without blaming its neighbours.
 */
#include "push/push.h"
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/settings.h"
#include "crypto/hash.h"
#include "db/db.h"
#include "http/counters.h"
#include "http/house.h"
#include "push/destination.h"
#include "push/hosts.h"
#include "push/push_own.h"

enum { IDLE_MS = 150, BUSY_MS = 5, AWAY_MS = 1000, LOOK_MS = 1000,
    MEAN_BYTES = 256 << 10	/* until we know better */ };

static void
turn_in(struct push *p, int ms)
{
	const struct timeval tv = { ms / 1000, ms % 1000 * 1000 };
	struct timeval at, now;

	if (evtimer_pending(p->turn, &at)) {	/* only ever sooner */
		event_base_gettimeofday_cached(p->house->base, &now);
		timersub(&at, &now, &at);
		if (timercmp(&at, &tv, <))
			return;
	}
	evtimer_add(p->turn, &tv);
}

/* ---- claiming ---- */

/* Where the next claim begins: behind the host that got the last of the room, or
 * where the walk over hosts ended; "" when it came to the end of them. */
static void
keep_walk(struct push *p, const struct rows *rows, int n)
{
	bool cut = n > 0 && n == p->asked_n;
	bool whole = !cut && (rows_count(rows) == 0 ||
	    row_int(rows, 0, "walked") < HOSTS_WALKED ||
	    row_null(rows, 0, "last_host"));

	snprintf(p->after_host, sizeof(p->after_host), "%s", whole ? "" :
	    row_text(rows, 0, cut ? "last_claimed" : "last_host"));
}

static void
on_claimed(struct rows *rows, int failure, void *arg)
{
	struct push *p = arg;
	int n = 0;

	p->question = NULL;
	if (failure < 0) {
		p->alone = false;
		turn_in(p, AWAY_MS);
		return;
	}
	for (int i = 0; i < rows_count(rows); i++)
		if (!row_null(rows, i, "id")) {
			delivery_begin(p, rows, i);
			n++;
		}
	p->found = n > 0;
	if (!p->alone)
		keep_walk(p, rows, n);
	if (p->alone && n == 0) {		/* another worker has it */
		p->alone = false;
		p->suspects = 0;
	}
	turn_in(p, n > 0 || p->after_host[0] != '\0' ? BUSY_MS : IDLE_MS);
}

static void
ask(struct push *p, const struct statement *s, const struct params *params)
{
	p->claimed_us = clock_mono_us();
	p->question = db_ask(p->house->db, s, params, on_claimed, p);
	if (p->question == NULL)
		on_claimed(NULL, E_FULL, p);
}

/* How many more may be under way: memory is bounded too. */
static int
room(const struct push *p)
{
	int64_t most = p->house->settings->push_batch;
	int64_t fit = PARCELS_BYTES / (p->mean_bytes + 1) + 1;

	return (int)(most < fit ? most : fit) - p->under_way;
}

static void
claim(struct push *p)
{
	struct arena *a = arena_new();
	const char **hosts;
	int64_t *slots;
	size_t n = hosts_limits(p->hosts, clock_mono_us(), room(p), a, &hosts,
	    &slots);
	struct params params;

	p->asked_n = room(p);
	params_init(&params);
	params_text(&params, p->owner);
	params_int(&params, p->house->settings->push_lease_s);
	params_int(&params, p->asked_n);
	params_int(&params, HOST_FIRST);
	params_int(&params, HOSTS_WALKED);
	params_text(&params, p->after_host);
	params_texts(&params, a, hosts, n);
	params_ints(&params, a, slots, n);
	ask(p, SQL_SUBSCRIPTION_CLAIM, &params);
	arena_free(a);
}

static void
claim_alone(struct push *p)
{
	struct params params;

	p->alone = true;
	params_init(&params);
	params_text(&params, p->owner);
	params_int(&params, p->house->settings->push_lease_s);
	ask(p, SQL_SUBSCRIPTION_CLAIM_ALONE, &params);
}

static void
on_turn(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct push *p = arg;

	if (p->stopping || p->question != NULL || p->alone)
		return;
	if (p->suspects > 0) {
		if (p->under_way == 0)
			claim_alone(p);
	} else if (room(p) > 0)
		claim(p);
}

/* again: it is due at once, or room was made for others. */
void
push_over(struct push *p, struct delivery *d, bool again)
{
	LIST_REMOVE(d, link);
	hosts_over(p->hosts, d->host);
	if (d->parcel.n > 0)
		p->mean_bytes += ((int64_t)d->parcel.bytes - p->mean_bytes) / 16;
	if (d->alone) {
		p->alone = false;
		if (p->suspects > 0)
			p->suspects--;
	}
	arena_free(d->arena);
	p->under_way--;
	if (p->stopping && p->under_way == 0)
		p->done(p->arg);
	else
		turn_in(p, again || p->suspects > 0 || p->found ?
		    BUSY_MS : IDLE_MS);
}

/* ---- the dead ---- */

static void
on_suspects(struct rows *rows, int failure, void *arg)
{
	struct push *p = arg;

	if (failure == 0 && !p->alone)
		p->suspects = (int)row_int(rows, 0, "suspects");
	if (p->suspects > 0)
		turn_in(p, BUSY_MS);
}

static void
on_look(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct push *p = arg;

	counter_set(COUNTER_HOSTS_OPEN, hosts_open_count(p->hosts,
	    clock_mono_us()));
	if (!p->stopping)
		db_ask(p->house->db, SQL_SUBSCRIPTION_SUSPECTS, PARAMS_NONE,
		    on_suspects, p);
}

/* owner: host/pid/random. Is that process no more, or was it another one that
 * had our pid? */
static bool
dead(const struct push *p, const char *owner)
{
	const char *slash = strchr(owner, '/');
	long pid = slash == NULL ? 0 : strtol(slash + 1, NULL, 10);

	if (pid <= 0 || strcmp(owner, p->owner) == 0)
		return false;
	return pid == (long)getpid() ||
	    (kill((pid_t)pid, 0) < 0 && errno == ESRCH);
}

static void
on_orphaned(struct rows *rows UNUSED, int failure UNUSED, void *arg UNUSED)
{
}

static void
on_owners(struct rows *rows, int failure, void *arg)
{
	struct push *p = arg;
	struct params params;

	for (int i = 0; failure == 0 && i < rows_count(rows); i++) {
		const char *owner = row_text(rows, i, "owner");

		if (!dead(p, owner))
			continue;
		log_info("leases of a dead worker end now");
		params_init(&params);
		params_text(&params, owner);
		db_ask(p->house->db, SQL_SUBSCRIPTION_ORPHAN, &params,
		    on_orphaned, NULL);
	}
}

static void
find_orphans(struct push *p, const char *host)
{
	struct params params;
	char prefix[80];

	snprintf(prefix, sizeof(prefix), "%s/", host);
	params_init(&params);
	params_text(&params, prefix);
	db_ask(p->house->db, SQL_SUBSCRIPTION_ORPHANS, &params, on_owners, p);
}

/* ---- withdrawals reach what is on its way ---- */

static void
on_notify(const char *channel UNUSED, const char *payload, void *arg)
{
	struct push *p = arg;
	struct delivery *d, *next;

	for (d = LIST_FIRST(&p->deliveries); d != NULL; d = next) {
		next = LIST_NEXT(d, link);
		if (strcmp(d->to->grant_text, payload) == 0)
			delivery_cancel(d);
	}
}

/* Notifications may have been missed: what is on its way is cut off, and must
 * pass the gate again. */
static void
on_listening(bool up, void *arg)
{
	struct push *p = arg;
	struct delivery *d, *next;

	for (d = LIST_FIRST(&p->deliveries); up && d != NULL; d = next) {
		next = LIST_NEXT(d, link);
		delivery_cancel(d);
	}
}

/* ---- beginning and end ---- */

static void
name_owner(struct push *p, char host[64])
{
	char random[16];

	if (gethostname(host, 64) < 0)
		snprintf(host, 64, "unknown");
	host[63] = '\0';
	random_token(random, 6);
	snprintf(p->owner, sizeof(p->owner), "%s/%ld/%s", host, (long)getpid(),
	    random);
}

struct push *
push_new(struct house *h)
{
	static const char *const channels[] = { "guichet_grant", NULL };
	const struct timeval look = { LOOK_MS / 1000, LOOK_MS % 1000 * 1000 };
	const struct settings *s = h->settings;
	struct push *p = xcalloc(1, sizeof(*p));
	char host[64];

	if (s->push_lease_s * 1000 <= s->push_deadline_ms)
		fatal("%s: [push] lease_s must outlast deadline_ms; make it "
		    "three times as long", s->file);
	p->house = h;
	name_owner(p, host);
	LIST_INIT(&p->deliveries);
	p->hosts = hosts_new((int)s->push_batch);
	p->mean_bytes = MEAN_BYTES;
	p->settler = settler_new(h->base, h->db, p->owner);
	p->turn = evtimer_new(h->base, on_turn, p);
	p->look = event_new(h->base, -1, EV_PERSIST, on_look, p);
	event_add(p->look, &look);
	p->listener = db_listen(h->base, s->database_direct_url, channels,
	    on_notify, on_listening, p);
	find_orphans(p, host);
	turn_in(p, BUSY_MS);
	return p;
}

void
push_stop(struct push *p, void (*done)(void *), void *arg)
{
	p->stopping = true;
	p->done = done;
	p->arg = arg;
	if (p->under_way == 0)
		done(arg);
}

void
push_free(struct push *p)
{
	struct delivery *d;

	if (p == NULL)
		return;
	db_unlisten(p->listener);
	settler_free(p->settler);
	while ((d = LIST_FIRST(&p->deliveries)) != NULL) {
		delivery_forget(d);
		LIST_REMOVE(d, link);
		arena_free(d->arena);
	}
	if (p->question != NULL)
		db_forget(p->question);
	event_free(p->turn);
	event_free(p->look);
	hosts_free(p->hosts);
	free(p);
}

