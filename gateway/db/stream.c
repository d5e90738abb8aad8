/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream.c - see stream.h.
 *
 * connect, IDENTIFY_SYSTEM, look at the slot, START_REPLICATION, then copy both
 * ways: their messages, our positions. A position goes out when it is asked for,
 * when it has moved, and every few seconds, also while nothing is taken: a server
 * that hears nothing ends the connection.
 */
#include "db/stream.h"
#include <assert.h>
#include <endian.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/attr.h"
#include "base/clock.h"
#include "base/mem.h"
#include "db/db_own.h"

enum { BEAT_MS = 3000, SILENCE_BEATS = 20, GIVEN_MAX = 500 };
static const int64_t epoch_2000_us = INT64_C(946684800000000);

enum stream_state {
	STREAM_CONNECTING,
	STREAM_IDENTIFYING,	/* who is it? */
	STREAM_LOOKING,		/* and the slot? */
	STREAM_FOUND,		/* waits for stream_start */
	STREAM_STARTING,
	STREAM_COPYING,
	STREAM_LOST
};

struct stream {
	struct event_base *base;
	const struct stream_events *events;
	void *arg;
	char *slot, *publication;
	PGconn *pg;
	struct event *readable, *writable, *beat, *more, *ended;
	enum stream_state state;
	char origin[64], reason[REASON_MAX];
	int64_t confirmed, told;	/* told: what we last said */
	int silent;			/* beats without a word */
	bool paused, giving, closed, busy;
};

static void on_connecting(evutil_socket_t, short, void *);
static void on_readable(evutil_socket_t, short, void *);

static void
quiet(struct stream *s)
{
	struct event **all[] = { &s->readable, &s->writable };

	for (size_t i = 0; i < 2; i++) {
		if (*all[i] != NULL)
			event_free(*all[i]);
		*all[i] = NULL;
	}
	evtimer_del(s->beat);
	event_del(s->more);
}

static void
on_ended(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct stream *s = arg;

	s->events->on_lost(s->reason, s->busy, s->arg);
}

/* Told from the loop: whoever finds it out still holds s. */
static void
lost(struct stream *s, const char *why, bool busy)
{
	if (s->state == STREAM_LOST)
		return;
	s->state = STREAM_LOST;
	s->busy = busy;
	reason_of(s->reason, why);
	quiet(s);
	event_active(s->ended, EV_READ, 0);
}

/* ---- out ---- */

static void
on_writable(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct stream *s = arg;
	int rc = PQflush(s->pg);

	if (rc < 0)
		lost(s, PQerrorMessage(s->pg), false);
	else if (rc > 0)
		event_add(s->writable, NULL);
}

static void
ask(struct stream *s, const char *command)
{
	if (PQsendQuery(s->pg, command) != 1)
		lost(s, PQerrorMessage(s->pg), false);
	else
		on_writable(-1, 0, s);
}

static void
put(char *out, int64_t value)
{
	uint64_t wire = htobe64((uint64_t)value);

	memcpy(out, &wire, sizeof(wire));
}

/* Standby status update: written, flushed, applied, our clock, no reply. */
static void
tell_position(struct stream *s)
{
	char text[34] = "r";

	put(text + 1, s->confirmed);
	put(text + 9, s->confirmed);
	put(text + 17, s->confirmed);
	put(text + 25, clock_us() - epoch_2000_us);
	s->told = s->confirmed;
	if (PQputCopyData(s->pg, text, sizeof(text)) < 0)
		lost(s, PQerrorMessage(s->pg), false);
	else
		on_writable(-1, 0, s);
}

/* ---- in: the copy ---- */

static int64_t
get(const char *at)
{
	uint64_t wire;

	memcpy(&wire, at, sizeof(wire));
	return (int64_t)be64toh(wire);
}

static void
take(struct stream *s, const char *data, size_t n)
{
	if (data[0] == 'w' && n >= 25) {
		s->events->on_message(data + 25, n - 25, s->arg);
	} else if (data[0] == 'k' && n == 18) {
		s->events->on_alive(get(data + 1), s->arg);
		if (!s->closed && data[17] != 0)
			tell_position(s);
	} else {
		lost(s, "it sent what is no message of a stream", false);
	}
}

static void
copy_ended(struct stream *s)
{
	PGresult *r = PQgetResult(s->pg);
	bool failed = PQresultStatus(r) == PGRES_FATAL_ERROR;
	const char *why = failed ? PQresultErrorMessage(r) :
	    "the server ended it";

	lost(s, why, false);
	PQclear(r);
}

/* A bounded number at once: others on the loop have their turn. */
static void
give(struct stream *s)
{
	int given = 0, n = 0;
	char *data;

	s->giving = true;
	while (!s->closed && !s->paused && s->state == STREAM_COPYING &&
	    given < GIVEN_MAX && (n = PQgetCopyData(s->pg, &data, 1)) > 0) {
		take(s, data, (size_t)n);
		PQfreemem(data);
		given++;
	}
	s->giving = false;
	if (s->closed) {
		stream_close(s);
		return;
	}
	if (s->paused || s->state != STREAM_COPYING)
		return;
	if (n < 0)
		copy_ended(s);
	else if (given == GIVEN_MAX)
		event_active(s->more, EV_READ, 0);
	else
		s->events->on_drained(s->arg);
}

static void
on_more(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct stream *s = arg;

	if (s->state == STREAM_COPYING && !s->paused)
		give(s);
}

/* ---- in: answers ---- */

static void
look(struct stream *s, const PGresult *r)
{
	char command[300];

	if (PQntuples(r) != 1 || PQnfields(r) < 4) {
		lost(s, "IDENTIFY_SYSTEM had no answer", false);
		return;
	}
	snprintf(s->origin, sizeof(s->origin), "%s/%s", PQgetvalue(r, 0, 0),
	    PQgetvalue(r, 0, 1));
	snprintf(command, sizeof(command), "SELECT coalesce(wal_status, 'lost'),"
	    " pg_wal_lsn_diff(confirmed_flush_lsn, '0/0') FROM"
	    " pg_replication_slots WHERE slot_name = '%s' AND plugin = 'pgoutput'"
	    " AND database = current_database()", s->slot);
	s->state = STREAM_LOOKING;
	ask(s, command);
}

static void
found(struct stream *s, const PGresult *r)
{
	struct stream_found f = { .origin = s->origin,
	    .there = PQntuples(r) == 1 };

	if (f.there) {
		f.lost = strcmp(PQgetvalue(r, 0, 0), "lost") == 0;
		f.confirmed = strtoll(PQgetvalue(r, 0, 1), NULL, 10);
	}
	s->state = STREAM_FOUND;
	s->confirmed = f.confirmed;
	s->events->on_open(&f, s->arg);
}

static void
answered(struct stream *s, const PGresult *r)
{
	ExecStatusType status = PQresultStatus(r);
	const char *code = PQresultErrorField(r, PG_DIAG_SQLSTATE);

	if (status == PGRES_COPY_BOTH && s->state == STREAM_STARTING) {
		s->state = STREAM_COPYING;
		tell_position(s);
	} else if (status != PGRES_TUPLES_OK) {
		lost(s, PQresultErrorMessage(r), code != NULL &&
		    strcmp(code, "55006") == 0);
	} else if (s->state == STREAM_IDENTIFYING) {
		look(s, r);
	} else if (s->state == STREAM_LOOKING) {
		found(s, r);
	} else {
		lost(s, "an answer that nobody asked for", false);
	}
}

/* An answer is whole once the NULL behind it came; a copy has none. */
static void
take_answers(struct stream *s)
{
	PGresult *r, *next;

	while (s->state > STREAM_CONNECTING && s->state < STREAM_COPYING &&
	    s->state != STREAM_FOUND && !PQisBusy(s->pg)) {
		if ((r = PQgetResult(s->pg)) == NULL)
			break;
		if (PQresultStatus(r) != PGRES_COPY_BOTH &&
		    (next = PQgetResult(s->pg)) != NULL)
			PQclear(next);
		s->giving = true;
		answered(s, r);
		s->giving = false;
		PQclear(r);
		if (s->closed)
			break;
	}
}

static void
on_readable(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct stream *s = arg;

	s->silent = 0;
	if (PQconsumeInput(s->pg) != 1) {
		lost(s, PQerrorMessage(s->pg), false);
		return;
	}
	take_answers(s);
	if (s->closed)
		stream_close(s);
	else if (s->state == STREAM_COPYING)
		give(s);
}

/* ---- connecting ---- */

static void
wait_for(struct stream *s, short what, event_callback_fn fn)
{
	if (s->readable != NULL)
		event_free(s->readable);
	s->readable = event_new(s->base, PQsocket(s->pg), what, fn, s);
	event_add(s->readable, NULL);
}

static void
on_connecting(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct stream *s = arg;

	switch (PQconnectPoll(s->pg)) {
	case PGRES_POLLING_READING:
		wait_for(s, EV_READ, on_connecting);
		break;
	case PGRES_POLLING_WRITING:
		wait_for(s, EV_WRITE, on_connecting);
		break;
	case PGRES_POLLING_OK:
		PQsetnonblocking(s->pg, 1);
		wait_for(s, EV_READ | EV_PERSIST, on_readable);
		s->writable = event_new(s->base, PQsocket(s->pg), EV_WRITE,
		    on_writable, s);
		s->state = STREAM_IDENTIFYING;
		ask(s, "IDENTIFY_SYSTEM");
		break;
	default:
		lost(s, PQerrorMessage(s->pg), false);
	}
}

static void
on_beat(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	const struct timeval tv = tv_of_us(BEAT_MS * 1000);
	struct stream *s = arg;

	if (PQstatus(s->pg) == CONNECTION_BAD)
		lost(s, PQerrorMessage(s->pg), false);
	else if (!s->paused && s->state != STREAM_FOUND &&
	    ++s->silent > SILENCE_BEATS)
		lost(s, "it says nothing any more", false);
	else
		evtimer_add(s->beat, &tv);
	if (s->state == STREAM_COPYING)
		tell_position(s);
}

struct stream *
stream_open(struct event_base *base, const char *url, const char *slot,
    const char *publication, const struct stream_events *events, void *arg)
{
	const struct timeval beat = tv_of_us(BEAT_MS * 1000);
	struct stream *s = xcalloc(1, sizeof(*s));

	s->base = base;
	s->events = events;
	s->arg = arg;
	s->slot = xstrdup(slot);
	s->publication = xstrdup(publication);
	s->beat = evtimer_new(base, on_beat, s);
	s->more = event_new(base, -1, 0, on_more, s);
	s->ended = event_new(base, -1, 0, on_ended, s);
	s->pg = pg_start_stream(url, "guichet stream");
	evtimer_add(s->beat, &beat);
	if (PQstatus(s->pg) == CONNECTION_BAD)
		lost(s, PQerrorMessage(s->pg), false);
	else
		wait_for(s, EV_WRITE, on_connecting);
	return s;
}

void
stream_start(struct stream *s, int64_t lsn)
{
	uint64_t at = (uint64_t)(lsn > s->confirmed ? lsn : s->confirmed);
	char command[400];

	assert(s->state == STREAM_FOUND);
	s->confirmed = (int64_t)at;
	snprintf(command, sizeof(command), "START_REPLICATION SLOT \"%s\" LOGICAL"
	    " %X/%X (proto_version '1', publication_names '\"%s\"')", s->slot,
	    (unsigned)(at >> 32), (unsigned)at, s->publication);
	s->state = STREAM_STARTING;
	s->silent = 0;
	ask(s, command);
}

void
stream_pause(struct stream *s)
{
	s->paused = true;
	if (s->readable != NULL)
		event_del(s->readable);
}

void
stream_resume(struct stream *s)
{
	s->paused = false;
	s->silent = 0;
	if (s->readable == NULL)
		return;
	event_add(s->readable, NULL);
	event_active(s->more, EV_READ, 0);	/* what libpq holds already */
}

void
stream_confirm(struct stream *s, int64_t lsn)
{
	if (lsn <= s->confirmed)
		return;
	s->confirmed = lsn;
	if (s->state == STREAM_COPYING && !s->giving)
		tell_position(s);
}

void
stream_close(struct stream *s)
{
	if (s == NULL)
		return;
	if (s->giving) {		/* from one of its callbacks */
		s->closed = true;
		return;
	}
	quiet(s);
	event_free(s->beat);
	event_free(s->more);
	event_free(s->ended);
	PQfinish(s->pg);
	free(s->slot);
	free(s->publication);
	free(s);
}
