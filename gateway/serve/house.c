/* house.c - what a worker owns, opened in the worker itself, after the fork. */
#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/error.h"
#include "base/settings.h"
#include "catalogue/catalogue.h"
#include "consent/access.h"
#include "db/db.h"
#include "http/client.h"
#include "http/house.h"
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
	void (*stop)(void *);
	void *arg;
	struct event *term, *orphan;
	pid_t parent;
};

static void
stop_once(struct wait *w)
{
	evsignal_del(w->term);
	evtimer_del(w->orphan);
	w->stop(w->arg);
}

static void
on_term(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	stop_once(arg);
}

/* PR_SET_PDEATHSIG is the quick way; this one cannot be lost. */
static void
on_look(evutil_socket_t fd, short what, void *arg)
{
	struct wait *w = arg;

	(void)fd;
	(void)what;
	if (getppid() != w->parent)
		stop_once(w);
}

void
role_until_stopped(struct house *h, void (*stop)(void *), void *arg)
{
	struct wait w = { .stop = stop, .arg = arg, .parent = getppid() };
	struct timeval second = { 1, 0 };

	w.term = evsignal_new(h->base, SIGTERM, on_term, &w);
	w.orphan = event_new(h->base, -1, EV_PERSIST, on_look, &w);
	evsignal_add(w.term, NULL);
	evtimer_add(w.orphan, &second);
	event_base_dispatch(h->base);
	event_free(w.term);
	event_free(w.orphan);
}
