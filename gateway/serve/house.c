/* SPDX-License-Identifier: Apache-2.0 */
/* house.c - what a worker owns, opened in the worker itself, after the fork. */
#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/error.h"
#include "base/settings.h"
#include "catalogue/catalogue.h"
#include "consent/access.h"
#include "db/db.h"
#include "http/client.h"
#include "http/counters.h"
#include "http/house.h"
#include "http/server.h"
#include "journal/gate.h"
#include "serve/serve.h"

static struct db *
open_own(struct event_base *base, const struct settings *s, const char *role)
{
	char name[64];
	struct db_options o = {
		.url = s->database_url,
		.name = "own",
		.application_name = name,
		.connections = (int)s->database_connections,
		.queue_max = (int)s->database_queue,
		.prepared = s->prepared_statements,
		.statement_timeout_ms = 15000,
		.statements = sql_table,
		.statement_count = SQL_COUNT,
	};

	snprintf(name, sizeof(name), "guichet %s", role);
	return db_open(base, &o);
}

void
house_open(struct house *h, struct role *r)
{
	const struct settings *s = r->plan->settings;

	memset(h, 0, sizeof(*h));
	if ((h->base = event_base_new()) == NULL)
		fatal("cannot make an event loop");
	h->settings = s;
	h->keys = r->plan->keys;
	h->catalogue = r->plan->catalogue;
	h->worker = r->index;
	if (r->plan->tls != NULL)
		h->certificate_expires = server_tls_expires(r->plan->tls);
	h->db = open_own(h->base, s, r->kind->name);
	h->gate = gate_new(h->base, s);
	h->client = http_client_new(h->base, s);
	catalogue_open(h->catalogue, h->base, s);
}

void
house_close(struct house *h)
{
	http_client_free(h->client);
	gate_free(h->gate);
	db_close(h->db);
	catalogue_free(h->catalogue);
	event_base_free(h->base);
}

/* ---- waiting to be stopped ---- */

struct wait {
	struct house *house;
	struct role *role;
	void (*stop)(void *);
	void *arg;
	struct event *term, *beat;
	bool stopped;
	pid_t parent;
};

static void
stop_once(struct wait *w)
{
	if (w->stopped)
		return;
	w->stopped = true;
	w->stop(w->arg);
}

static void
on_term(evutil_socket_t sig UNUSED, short what UNUSED, void *arg)
{
	stop_once(arg);
}

/* For /metrics: what the rooms below cannot write there themselves. */
static void
tell_figures(const struct house *h)
{
	struct db_counts db;
	struct gate_counts gate;

	counter_set(COUNTER_CERTIFICATE, (uint64_t)h->certificate_expires);
	db_count(h->db, &db);
	counter_set(COUNTER_DB_CONNECTIONS, db.connections);
	counter_set(COUNTER_DB_WAITING, db.waiting);
	counter_set(COUNTER_DB_ASKED, db.asked);
	counter_set(COUNTER_DB_FAILED, db.failed);
	counter_set(COUNTER_DB_LOST, db.lost);
	gate_count(h->gate, &gate);
	counter_set(COUNTER_GATE_WAITING, gate.waiting);
	counter_set(COUNTER_GATE_LINES, gate.lines);
	counter_set(COUNTER_GATE_BATCHES, gate.batches);
	counter_set(COUNTER_GATE_DENIED, gate.denied);
}

/* PR_SET_PDEATHSIG is the quick way to learn it; this one cannot be lost. */
static void
on_beat(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct wait *w = arg;

	*w->role->beat = clock_mono_us() / 1000;
	tell_figures(w->house);
	if (getppid() != w->parent)
		stop_once(w);
}

void
role_until_stopped(struct house *h, struct role *r, void (*stop)(void *),
    void *arg)
{
	struct wait w = { .house = h, .role = r, .stop = stop, .arg = arg,
	    .parent = getppid() };
	struct timeval second = { 1, 0 };

	w.term = evsignal_new(h->base, SIGTERM, on_term, &w);
	w.beat = event_new(h->base, -1, EV_PERSIST, on_beat, &w);
	evsignal_add(w.term, NULL);
	evtimer_add(w.beat, &second);
	event_base_dispatch(h->base);
	*r->beat = 0;
	event_free(w.term);
	event_free(w.beat);
}
