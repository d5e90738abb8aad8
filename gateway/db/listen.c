/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listen.c - LISTEN on a connection of its own, never through a pooler.
 *
 * Whoever relies on notifications must know when they do not flow: the server
 * is asked something every two seconds, and a late answer counts as a loss.
 */
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "base/mem.h"
#include "db/db_own.h"

enum { BEAT_MS = 2000, CHANNELS_MAX = 16 };

struct listener {
	struct event_base *base;
	char *url;
	char *command;		/* LISTEN a; LISTEN b */
	db_on_notify *on_notify;
	db_on_listening *on_listening;
	void *arg;
	PGconn *pg;
	struct event *io, *timer;
	bool up, asked;		/* asked: an answer is due */
	unsigned failures;
};

static void on_connecting(evutil_socket_t, short, void *);

static void
timer_in(struct listener *l, int64_t us)
{
	struct timeval tv = tv_of_us(us);

	evtimer_add(l->timer, &tv);
}

static void
drop(struct listener *l)
{
	if (l->io != NULL)
		event_free(l->io);
	l->io = NULL;
	evtimer_del(l->timer);
	PQfinish(l->pg);
	l->pg = NULL;
	l->asked = false;
}

static void
lost(struct listener *l, const char *why)
{
	bool was_up = l->up;
	char reason[REASON_MAX];

	reason_of(reason, why);
	if (was_up || l->failures == 0)
		log_warning("notifications stopped why=\"%s\"", reason);
	drop(l);
	l->up = false;
	timer_in(l, backoff_us(++l->failures));
	if (was_up)
		l->on_listening(false, l->arg);
}

static bool
ask(struct listener *l, const char *command)
{
	l->asked = PQsendQuery(l->pg, command) == 1;
	if (!l->asked || PQflush(l->pg) < 0) {
		lost(l, PQerrorMessage(l->pg));
		return false;
	}
	timer_in(l, BEAT_MS * 1000);
	return true;
}

static void
answered(struct listener *l)
{
	l->asked = false;
	l->failures = 0;
	if (l->up)
		return;
	l->up = true;
	log_info("notifications flow");
	l->on_listening(true, l->arg);
}

/* Takes what the server answered; false = the connection was dropped. */
static bool
take_results(struct listener *l)
{
	while (l->asked && !PQisBusy(l->pg)) {
		PGresult *res = PQgetResult(l->pg);
		ExecStatusType status = PQresultStatus(res);

		PQclear(res);
		if (res == NULL)
			answered(l);
		else if (status != PGRES_COMMAND_OK &&
		    status != PGRES_TUPLES_OK) {
			lost(l, PQerrorMessage(l->pg));
			return false;
		}
	}
	return true;
}

static void
on_readable(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct listener *l = arg;
	PGnotify *n;

	if (PQconsumeInput(l->pg) != 1) {
		lost(l, PQerrorMessage(l->pg));
		return;
	}
	if (!take_results(l))
		return;
	while ((n = PQnotifies(l->pg)) != NULL) {
		l->on_notify(n->relname, n->extra, l->arg);
		PQfreemem(n);
	}
}

static void
wait_for(struct listener *l, short what, event_callback_fn fn)
{
	if (l->io != NULL)
		event_free(l->io);
	l->io = event_new(l->base, PQsocket(l->pg), what, fn, l);
	event_add(l->io, NULL);
}

static void
on_connecting(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct listener *l = arg;

	switch (PQconnectPoll(l->pg)) {
	case PGRES_POLLING_READING:
		wait_for(l, EV_READ, on_connecting);
		break;
	case PGRES_POLLING_WRITING:
		wait_for(l, EV_WRITE, on_connecting);
		break;
	case PGRES_POLLING_OK:
		PQsetnonblocking(l->pg, 1);
		wait_for(l, EV_READ | EV_PERSIST, on_readable);
		ask(l, l->command);
		break;
	default:
		lost(l, PQerrorMessage(l->pg));
	}
}

static void
connect_now(struct listener *l)
{
	l->pg = pg_start(l->url, "guichet listen", false, l->failures);
	timer_in(l, connect_ms(l->url) * 1000);
	if (PQstatus(l->pg) == CONNECTION_BAD)
		lost(l, PQerrorMessage(l->pg));
	else
		wait_for(l, EV_WRITE, on_connecting);
}

/* Away: try again. Asked and not answered: dead. Else: a beat. */
static void
on_timer(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct listener *l = arg;

	if (l->pg == NULL)
		connect_now(l);
	else if (!l->up || l->asked)
		lost(l, "no answer in time");
	else
		ask(l, "SELECT 1");
}

static char *
listen_command(const char *const *channels)
{
	char command[CHANNELS_MAX * 80] = "";
	size_t n = 0;

	for (int i = 0; channels[i] != NULL && i < CHANNELS_MAX; i++)
		n += (size_t)snprintf(command + n, sizeof(command) - n,
		    "LISTEN %.63s; ", channels[i]);
	return xstrdup(command);
}

struct listener *
db_listen(struct event_base *base, const char *url,
    const char *const *channels, db_on_notify *on_notify,
    db_on_listening *on_listening, void *arg)
{
	struct listener *l = xcalloc(1, sizeof(*l));

	l->base = base;
	l->url = xstrdup(url);
	l->command = listen_command(channels);
	l->on_notify = on_notify;
	l->on_listening = on_listening;
	l->arg = arg;
	l->timer = evtimer_new(base, on_timer, l);
	timer_in(l, 0);
	return l;
}

void
db_unlisten(struct listener *l)
{
	if (l == NULL)
		return;
	drop(l);
	event_free(l->timer);
	free(l->url);
	free(l->command);
	free(l);
}
