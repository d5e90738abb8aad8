/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link.c - one connection in pipeline mode.
 *
 * What the server still owes us stands in a ring, in the order it was sent.
 * libpq gives a result and then NULL for each command, but one result alone
 * for a Sync. The rows of a write come before its commit: they are held until
 * its Sync came back. An error makes the server skip to the next Sync: the neighbours
 * it skipped are asked again, without a word to those who asked them.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "db/db_own.h"

static void link_lost(struct link *, const char *why);
static void on_connecting(evutil_socket_t, short, void *);
static void on_readable(evutil_socket_t, short, void *);
static void on_writable(evutil_socket_t, short, void *);

/* ---- the ring ---- */

static struct expect *
expect_at(struct link *l, unsigned i)
{
	return &l->ring[i & (l->ring_size - 1)];
}

static void
ring_grow(struct link *l)
{
	unsigned n = l->tail - l->head, size = l->ring_size * 2;
	struct expect *ring = xcalloc(size, sizeof(*ring));

	for (unsigned i = 0; i < n; i++)
		ring[i] = *expect_at(l, l->head + i);
	free(l->ring);
	l->ring = ring;
	l->ring_size = size;
	l->head = 0;
	l->tail = n;
}

static void
timer_in(struct link *l, int64_t us)
{
	struct timeval tv = tv_of_us(us);

	evtimer_add(l->timer, &tv);
}

static void
expect(struct link *l, enum expect_kind kind, int slot, struct question *q)
{
	if (l->tail - l->head == l->ring_size)
		ring_grow(l);
	if (l->head == l->tail) {
		l->progress_us = clock_mono_us();
		if (!evtimer_pending(l->timer, NULL))
			timer_in(l, 1000000);
	}
	*expect_at(l, l->tail++) = (struct expect){ kind, slot, 0, q };
}

/* ---- sending; false = the connection is over ---- */

static bool
end_segment(struct link *l)
{
	l->segment = false;
	expect(l, EXPECT_SYNC, 0, NULL);
	return PQpipelineSync(l->pg) == 1;
}

static bool
has_settings(const struct db_options *o)
{
	return o->read_only || o->statement_timeout_ms > 0 ||
	    o->time_zone != NULL || o->generic_plans;
}

/* For the session, or, behind a pooler that shares sessions among
 * transactions, for this segment alone. */
static bool
send_settings(struct link *l, bool local)
{
	const struct db_options *o = &l->db->options;
	char timeout[16];
	const char *values[] = { o->statement_timeout_ms > 0 ? timeout : NULL,
	    o->time_zone, o->read_only ? "on" : NULL,
	    local ? "transaction_read_only" : "default_transaction_read_only",
	    local ? "t" : "f", o->generic_plans ? "force_generic_plan" : NULL };

	snprintf(timeout, sizeof(timeout), "%d", o->statement_timeout_ms);
	expect(l, EXPECT_SETTING, 0, NULL);
	return PQsendQueryParams(l->pg,
	    "SELECT set_config('statement_timeout',"
	    " COALESCE($1, current_setting('statement_timeout')), $5),"
	    " set_config('TimeZone',"
	    " COALESCE($2, current_setting('TimeZone')), $5),"
	    " set_config($4, COALESCE($3, current_setting($4)), $5),"
	    " set_config('plan_cache_mode',"
	    " COALESCE($6, current_setting('plan_cache_mode')), $5)",
	    countof(values), NULL, values, NULL, NULL, 1) == 1;
}

/* Unique in the session; PostgreSQL keeps 63 bytes of it. */
static void
prepared_name(char out[64], const struct link *l, int slot)
{
	snprintf(out, 64, "%u.%.40s", l->prepared[slot],
	    l->db->slots[slot].statement->name);
}

static void
prepared_room(struct link *l)
{
	if (l->prepared_n >= l->db->slot_n)
		return;
	l->prepared = xrealloc(l->prepared,
	    (size_t)l->db->slot_n * sizeof(*l->prepared));
	while (l->prepared_n < l->db->slot_n)
		l->prepared[l->prepared_n++] = 0;
}

/* In a segment of its own, so that no neighbour's error can undo it. */
static bool
prepare(struct link *l, int slot)
{
	char name[64];

	prepared_room(l);
	if (l->prepared[slot] != 0)
		return true;
	if (l->segment && !end_segment(l))
		return false;
	l->prepared[slot] = ++l->serials;
	prepared_name(name, l, slot);
	expect(l, EXPECT_PREPARED, slot, NULL);
	expect_at(l, l->tail - 1)->serial = l->serials;
	return signed_prepare(l->pg, name, l->db->slots[slot].statement) &&
	    end_segment(l);
}

static bool
send_question(struct link *l, struct question *q)
{
	char name[64];

	if (!l->db->options.prepared)
		return signed_ask(l->pg, q);
	q->serial = l->prepared[q->slot];
	prepared_name(name, l, q->slot);
	return PQsendQueryPrepared(l->pg, name, q->n, q->values, q->lengths,
	    q->formats, 1) == 1;
}

/* A write is a segment by itself; reads of one turn share theirs. Once q
 * stands in the ring, link_lost takes care of it. */
void
link_send(struct link *l, struct question *q)
{
	const struct db_options *o = &l->db->options;
	bool ok = true;

	if (l->segment && q->statement->writes)
		ok = end_segment(l);
	if (ok && o->prepared)
		ok = prepare(l, q->slot);
	else if (ok && !l->segment && has_settings(o))
		ok = send_settings(l, true);
	expect(l, EXPECT_ROWS, q->slot, q);
	l->depth++;
	l->segment = true;
	ok = ok && send_question(l, q);
	if (ok && q->statement->writes)
		ok = end_segment(l);
	if (!ok)
		link_lost(l, PQerrorMessage(l->pg));
}

void
link_flush(struct link *l)
{
	int rc;

	if (l->state != LINK_READY && l->state != LINK_OPENING)
		return;
	if ((l->segment && !end_segment(l)) || (rc = PQflush(l->pg)) < 0)
		link_lost(l, PQerrorMessage(l->pg));
	else if (rc == 1)
		event_add(l->writable, NULL);
}

/* ---- answers ---- */

/* Back to the head of the queue, in order: skipped, it never ran. */
static void
ask_again(struct link *l, struct question *q)
{
	TAILQ_INSERT_TAIL(&l->again, q, link);
}

static void
again_to_queue(struct db *db, struct question_list *list)
{
	struct question *q;

	TAILQ_FOREACH(q, list, link) {
		q->sent = q->blamed = false;
		db->counts.in_flight--;
		db->counts.waiting++;
	}
	TAILQ_CONCAT(list, &db->waiting, link);
	TAILQ_CONCAT(&db->waiting, list, link);
	if (!TAILQ_EMPTY(&db->waiting))
		db_flush_soon(db);
}

/* The prepared form is unknown (26000), or was made before a table changed
 * (0A000): the question did not run, and a new preparation will do. A form
 * that was replaced since is nobody's fault, and no try. */
static bool
is_stale(struct link *l, struct question *q, const PGresult *res)
{
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);

	if (!l->db->options.prepared || q->blamed ||
	    (strcmp(state, "26000") != 0 && strcmp(state, "0A000") != 0))
		return false;
	if (q->serial != l->prepared[q->slot])
		return true;
	l->prepared[q->slot] = 0;
	return q->tries++ <= l->db->link_n;
}

static void
question_failed(struct link *l, struct question *q, PGresult *res)
{
	int failure = failure_of(res);

	if (is_stale(l, q, res)) {
		ask_again(l, q);
	} else if (q->blamed) {
		question_end(q, NULL, E_STATEMENT);	/* told already */
	} else {
		if (failure != E_CONFLICT)
			failure_log(l->db->options.name, q->statement->name,
			    res);
		question_end(q, NULL, failure);
	}
	PQclear(res);
}

static void
take_rows(struct link *l, struct expect *e, PGresult *res)
{
	struct question *q = e->question;

	e->question = NULL;
	l->depth--;
	switch (PQresultStatus(res)) {
	case PGRES_TUPLES_OK:
	case PGRES_COMMAND_OK:
		if (q->statement->writes) {
			l->held = q;	/* it commits at its Sync */
			l->held_res = res;
		} else {
			question_end(q, rows_new(res), 0);
		}
		return;
	case PGRES_PIPELINE_ABORTED:
		ask_again(l, q);
		break;
	case PGRES_FATAL_ERROR:
		question_failed(l, q, res);
		return;
	default:	/* COPY would never end in a pipeline; or nothing asked */
		log_error("bug: statement=%s is no question to ask here",
		    q->statement->name);
		question_end(q, NULL, E_STATEMENT);
		PQclear(res);
		link_lost(l, "it cannot go on after such a statement");
		return;
	}
	PQclear(res);
}

/* When it failed, the question right behind its Sync is to blame; others of
 * that statement find its form unknown and are sent with one of their own. */
static void
take_prepared(struct link *l, const struct expect *e, PGresult *res)
{
	const struct expect *next = expect_at(l, l->head + 2);

	if (PQresultStatus(res) != PGRES_COMMAND_OK) {
		failure_log(l->db->options.name,
		    l->db->slots[e->slot].statement->name, res);
		if (l->prepared[e->slot] == e->serial)
			l->prepared[e->slot] = 0;
		if (l->tail - l->head > 2 && next->kind == EXPECT_ROWS)
			next->question->blamed = true;
	}
	PQclear(res);
}

static void
take_sync(struct link *l, PGresult *res)
{
	struct question *q = l->held;

	PQclear(res);
	l->head++;
	l->answered = false;
	l->held = NULL;
	if (q != NULL)
		question_end(q, rows_new(l->held_res), 0);
	if (!TAILQ_EMPTY(&l->again))
		again_to_queue(l->db, &l->again);
}

static void
lost_by(struct link *l, PGresult *res, const char *why)
{
	char message[REASON_MAX];

	reason_of(message, res == NULL ? why : PQresultErrorMessage(res));
	PQclear(res);
	link_lost(l, message);
}

/* One result for the head of the ring. */
static void
take(struct link *l, PGresult *res)
{
	struct expect *e = expect_at(l, l->head);
	ExecStatusType status = PQresultStatus(res);

	l->progress_us = clock_mono_us();
	if (l->answered && res == NULL) {
		l->answered = false;
		l->head++;
	} else if (l->answered || res == NULL || (e->kind == EXPECT_SYNC) !=
	    (status == PGRES_PIPELINE_SYNC) ||
	    (status == PGRES_FATAL_ERROR && failure_lost(res))) {
		lost_by(l, res, "an answer out of turn");
	} else if (e->kind == EXPECT_SYNC) {
		take_sync(l, res);
	} else {
		l->answered = true;
		if (e->kind == EXPECT_ROWS)
			take_rows(l, e, res);
		else if (e->kind == EXPECT_PREPARED)
			take_prepared(l, e, res);
		else if (status == PGRES_FATAL_ERROR)
			lost_by(l, res, NULL);	/* a setting was refused */
		else
			PQclear(res);
	}
}

static void
link_is_ready(struct link *l)
{
	l->state = LINK_READY;
	l->failures = 0;
	db_link_changed(l->db, NULL);
}

static void
on_readable(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct link *l = arg;
	bool open = PQconsumeInput(l->pg) == 1;

	while (l->pg != NULL && l->head != l->tail && !PQisBusy(l->pg))
		take(l, PQgetResult(l->pg));
	if (l->pg == NULL)
		return;		/* lost on the way */
	if (!open)
		link_lost(l, PQerrorMessage(l->pg));
	else if (l->state == LINK_OPENING && l->head == l->tail)
		link_is_ready(l);
	else if (!TAILQ_EMPTY(&l->db->waiting))
		db_flush_soon(l->db);
}

static void
on_writable(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	link_flush(arg);
}

/* ---- opening ---- */

/* Each preparation in a segment of its own: one that fails (a statement of a
 * newer schema, say) is logged and hurts nobody else. */
static void
open_session(struct link *l)
{
	const struct db_options *o = &l->db->options;
	bool ok = true;

	if (o->prepared && has_settings(o))
		ok = send_settings(l, false) && end_segment(l);
	for (int i = 0; ok && o->prepared && i < (int)o->statement_count; i++)
		ok = prepare(l, i);
	if (!ok)
		link_lost(l, PQerrorMessage(l->pg));
	else if (l->head == l->tail)
		link_is_ready(l);
	else
		link_flush(l);
}

static void
link_connected(struct link *l)
{
	struct event_base *base = l->db->base;

	evtimer_del(l->timer);
	event_free(l->readable);
	l->readable = event_new(base, PQsocket(l->pg), EV_READ | EV_PERSIST,
	    on_readable, l);
	l->writable = event_new(base, PQsocket(l->pg), EV_WRITE, on_writable, l);
	event_add(l->readable, NULL);
	l->state = LINK_OPENING;
	if (PQsetnonblocking(l->pg, 1) != 0 || PQenterPipelineMode(l->pg) != 1)
		link_lost(l, PQerrorMessage(l->pg));
	else
		open_session(l);
}

/* libpq may change sockets between two polls: a new event each time. */
static void
wait_for(struct link *l, short what)
{
	if (l->readable != NULL)
		event_free(l->readable);
	l->readable = event_new(l->db->base, PQsocket(l->pg), what,
	    on_connecting, l);
	event_add(l->readable, NULL);
}

static void
on_connecting(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct link *l = arg;

	switch (PQconnectPoll(l->pg)) {
	case PGRES_POLLING_READING:	wait_for(l, EV_READ); break;
	case PGRES_POLLING_WRITING:	wait_for(l, EV_WRITE); break;
	case PGRES_POLLING_OK:		link_connected(l); break;
	default:			link_lost(l, PQerrorMessage(l->pg));
	}
}

static void
link_connect(struct link *l)
{
	const struct db_options *o = &l->db->options;

	l->pg = pg_start(o->url, o->application_name, false, l->failures);
	l->state = LINK_CONNECTING;
	if (PQstatus(l->pg) == CONNECTION_BAD) {
		link_lost(l, PQerrorMessage(l->pg));
		return;
	}
	timer_in(l, connect_ms(o->url) * 1000);
	wait_for(l, EV_WRITE);
}

static void
on_timer(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct link *l = arg;
	const struct db_options *o = &l->db->options;
	int limit = o->statement_timeout_ms > 0 ? o->statement_timeout_ms :
	    ANSWER_MS;

	if (l->state == LINK_AWAY) {
		link_connect(l);
		return;
	}
	limit = o->silence_ms > 0 ? o->silence_ms : limit + 5000;
	if (l->state == LINK_CONNECTING)
		link_lost(l, "no connection in time");
	else if (l->head != l->tail &&
	    clock_mono_us() - l->progress_us > limit * INT64_C(1000))
		link_lost(l, "no answer in time");
	else if (l->head != l->tail)
		timer_in(l, 1000000);
}

/* ---- the end of a connection ---- */

static void
link_drop(struct link *l)
{
	struct event **events[] = { &l->readable, &l->writable };

	for (size_t i = 0; i < countof(events); i++)
		if (*events[i] != NULL) {
			event_free(*events[i]);
			*events[i] = NULL;
		}
	evtimer_del(l->timer);
	PQfinish(l->pg);
	l->pg = NULL;
	l->state = LINK_AWAY;
	l->answered = l->segment = false;
	l->depth = 0;
	for (int i = 0; i < l->prepared_n; i++)
		l->prepared[i] = 0;
}

/* Reads are asked again, as each link may be found dead in turn; a write may
 * have happened, or not. */
static void
take_unanswered(struct link *l, struct question_list *failed)
{
	if (l->held != NULL) {
		PQclear(l->held_res);
		TAILQ_INSERT_TAIL(failed, l->held, link);
		l->held = NULL;
	}
	for (; l->head != l->tail; l->head++) {
		struct question *q = expect_at(l, l->head)->question;

		if (q == NULL)
			continue;
		if (q->on_rows == NULL || q->statement->writes ||
		    q->tries++ > l->db->link_n)
			TAILQ_INSERT_TAIL(failed, q, link);
		else
			ask_again(l, q);
	}
}

static void
link_lost(struct link *l, const char *why)
{
	struct question_list failed;
	struct question *q;
	char reason[REASON_MAX];

	reason_of(reason, why);
	if (l->state >= LINK_OPENING)
		l->db->counts.lost++;
	link_drop(l);
	timer_in(l, backoff_us(++l->failures));
	TAILQ_INIT(&failed);
	take_unanswered(l, &failed);
	again_to_queue(l->db, &l->again);
	db_link_changed(l->db, reason);
	while ((q = TAILQ_FIRST(&failed)) != NULL) {
		TAILQ_REMOVE(&failed, q, link);
		question_end(q, NULL, E_UNAVAILABLE);
	}
}

/* ---- the whole ---- */

void
link_init(struct link *l, struct db *db)
{
	l->db = db;
	l->ring_size = 64;
	l->ring = xcalloc(l->ring_size, sizeof(*l->ring));
	TAILQ_INIT(&l->again);
	l->timer = evtimer_new(db->base, on_timer, l);
	link_connect(l);
}

void
link_clear(struct link *l)
{
	struct question *q;

	for (; l->head != l->tail; l->head++)
		question_free(expect_at(l, l->head)->question);
	if (l->held != NULL) {
		PQclear(l->held_res);
		question_free(l->held);
	}
	while ((q = TAILQ_FIRST(&l->again)) != NULL) {
		TAILQ_REMOVE(&l->again, q, link);
		question_free(q);
	}
	link_drop(l);
	event_free(l->timer);
	free(l->prepared);
	free(l->ring);
}
