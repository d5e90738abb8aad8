/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conn.c - the state machine of one connection.
 *
 * Sockets are read and written directly, level-triggered: one recv, one send
 * and no copy between layers per exchange; the loop only says when. conn_turn
 * goes from phase to phase as far as bytes and answers allow; the next request
 * is read only when the previous one is answered, so order keeps itself.
 */
#include "http/conn.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/counters.h"
#include "http/exchange.h"
#include "http/house.h"
#include "http/proxy.h"
#include "http/router.h"
#include "http/server.h"

enum {
	READ_SIZE = 16384,
	INPUT_MAX = 32768,	/* pipelined bytes held while a call runs */
	COPY_MAX = 16384,	/* an answer up to this leaves in one piece */
	LINGER_MAX = 1 << 20
};

static void conn_turn(struct conn *);
static void on_readable(evutil_socket_t, short, void *);
static void on_writable(evutil_socket_t, short, void *);

/* ---- watching the socket ---- */

/* While paused only a close is of interest (EPOLLRDHUP). */
static void
watch(struct conn *conn, bool paused)
{
	if (event_initialized(&conn->readable)) {
		if (conn->paused == paused)
			return;
		event_del(&conn->readable);
	}
	conn->paused = paused;
	event_assign(&conn->readable, conn->server->house->base,
	    conn->wire.fd, EV_PERSIST | (paused ? EV_CLOSED : EV_READ),
	    on_readable, conn);
	event_add(&conn->readable, NULL);
}

void
conn_watch_writable(struct conn *conn, bool on)
{
	if (on)
		event_add(&conn->writable, NULL);
	else
		event_del(&conn->writable);
}

/* ---- beginning and end ---- */

void
conn_open(struct port *port, int fd, const char *peer)
{
	struct conn *conn = xcalloc(1, sizeof(*conn));

	conn->server = port->server;
	conn->port = port;
	conn->wire.fd = fd;
	conn->phase = IDLE;
	snprintf(conn->peer, sizeof(conn->peer), "%s", peer);
	if (port->tls != NULL) {
		conn->wire.ssl = SSL_new(port->tls);
		assert(conn->wire.ssl != NULL);
		SSL_set_fd(conn->wire.ssl, fd);
		SSL_set_accept_state(conn->wire.ssl);
		conn->phase = GREETING;
	}
	event_assign(&conn->writable, port->server->house->base, fd, EV_WRITE,
	    on_writable, conn);
	watch(conn, false);
	server_add(conn);
	server_set_term(conn, TERM_HEAD);
}

static void
conn_free(struct conn *conn)
{
	event_del(&conn->readable);
	event_del(&conn->writable);
	server_remove(conn);
	wire_close(&conn->wire);
	buf_clear(&conn->in);
	buf_clear(&conn->body_in);
	buf_clear(&conn->out);
	free(conn);
}

static void
end_exchange(struct conn *conn, bool sent)
{
	struct exchange *x = conn->x;

	if (x == NULL)
		return;
	conn->x = NULL;
	conn->large = NULL;
	conn->large_n = 0;
	conn->server->calls--;
	counter_set(COUNTER_CALLS, conn->server->calls);
	runner_forget(x);
	exchange_end(x, sent);
	buf_reset(&conn->body_in);
	if (conn->body_in.size > READ_SIZE)
		buf_clear(&conn->body_in);
}

void
conn_close(struct conn *conn)
{
	end_exchange(conn, false);
	conn->phase = CLOSED;
	if (!conn->turning)
		conn_free(conn);	/* else conn_turn does */
}

/* ---- sending ---- */

static size_t
unsent(const struct conn *conn)
{
	return conn->out.len - conn->out_at + conn->large_n;
}

static void
took(struct conn *conn, size_t n)
{
	size_t head = conn->out.len - conn->out_at;

	if (n < head) {
		conn->out_at += n;
		return;
	}
	n -= head;
	buf_clear(&conn->out);
	conn->out_at = 0;
	conn->large += n;
	conn->large_n -= n;
	if (conn->x != NULL)
		conn->x->sent_n += n;
}

/* True when all of it is with the kernel. */
static bool
flush(struct conn *conn)
{
	while (unsent(conn) > 0) {
		struct iovec v[2] = {
			{ conn->out.data + conn->out_at,
			  conn->out.len - conn->out_at },
			{ (void *)conn->large, conn->large_n },
		};
		ssize_t n = wire_write(&conn->wire, v, 2);

		if (n > 0) {
			took(conn, (size_t)n);
			continue;
		}
		if (n == WIRE_AGAIN)
			conn_watch_writable(conn, true);
		else
			conn_close(conn);
		return false;
	}
	return true;
}

/* Most answers leave at once, from the server's buffer. */
static void
send_now(struct conn *conn, const struct buf *b)
{
	struct iovec v = { b->data, b->len };
	ssize_t n = 0;

	if (unsent(conn) == 0)
		n = wire_write(&conn->wire, &v, 1);
	if (n < 0)
		n = 0;			/* gone: flush finds out */
	if ((size_t)n < b->len)
		buf_add(&conn->out, b->data + n, b->len - (size_t)n);
}

/* HTTP/1.0 knows no chunks: there the end of the connection is the end. */
static bool
chunked(const struct conn *conn)
{
	return conn->request.minor > 0;
}

/* The step that gave the piece is still on the stack: nothing is sent before
 * the loop says so, as a lost connection would take the call with it. */
static void
on_piece(struct exchange *x, const struct buf *b)
{
	struct conn *conn = x->owner;

	x->close = x->close || conn->request.close || conn->server->draining ||
	    !chunked(conn);
	answer_piece(&conn->out, x, b->len, chunked(conn));
	conn->large = b->data;
	conn->large_n = b->len;
	conn->phase = FLOW;
	server_set_term(conn, TERM_ANSWER);
	conn_watch_writable(conn, true);
}

static void
begin_send(struct conn *conn)
{
	struct exchange *x = conn->x;
	struct buf *out = &conn->server->out;

	if (x->flows) {
		if (x->broken)		/* the client sees that it is no end */
			x->close = true;
		else
			answer_last(&conn->out, x, chunked(conn));
		conn->phase = SEND;
		return;
	}
	x->close = x->close || conn->request.close || conn->server->draining;
	buf_reset(out);
	answer_write(out, x, COPY_MAX);
	conn->phase = SEND;
	conn->large = x->body;
	conn->large_n = 0;
	send_now(conn, out);
	conn->large_n = x->body_n;
	if (out->size > 4 * COPY_MAX)
		buf_clear(out);
}

static void
on_answer(struct exchange *x)
{
	struct conn *conn = x->owner;

	begin_send(conn);
	conn_turn(conn);
}

/* ---- a request ---- */

static void
begin_exchange(struct conn *conn)
{
	struct exchange *x = exchange_new(conn->server->house);
	struct call *c = &x->call;

	conn->x = x;
	conn->server->calls++;
	counter_set(COUNTER_CALLS, conn->server->calls);
	x->table = conn->port->routes;
	x->on_answer = on_answer;
	x->on_piece = on_piece;
	x->owner = conn;
	memcpy(c->peer, conn->peer, sizeof(c->peer));
	c->secure = conn->wire.ssl != NULL;
	if (conn->certificate[0] != '\0')
		c->certificate = conn->certificate;
}

/* Answers without running the route; what else the client sent is not read. */
static void
refuse(struct conn *conn, int status, const char *code, const char *why)
{
	if (conn->x == NULL)
		begin_exchange(conn);
	conn->x->close = true;
	call_refuse(&conn->x->call, status, code, "%s", why);
	server_set_term(conn, TERM_ANSWER);
	begin_send(conn);
}

static void
refuse_as(struct conn *conn, const struct refusal *r)
{
	refuse(conn, r->status, r->code, r->why);
}

static void
run(struct conn *conn)
{
	struct exchange *x = conn->x;
	struct call *c = &x->call;

	if (conn->body_in.len > 0) {
		c->body = conn->body_in.data;
		c->body_n = conn->body_in.len;
	}
	server_set_term(conn, TERM_ANSWER);
	conn->phase = CALL;
	if (exchange_args(x))
		runner_start(x);
	else
		begin_send(conn);
}

/* Is there a route? If not, the answer says so and the body, if any, is not
 * read. */
static bool
find_route(struct conn *conn)
{
	struct call *c = &conn->x->call;
	char allow[64];
	int rc = router_find(c, allow);

	if (rc == 0)
		return true;
	conn->x->close = conn->request.chunked || conn->request.length > 0;
	if (rc == E_DENIED) {
		call_reply_field(c, "Allow", "%s", allow);
		call_refuse(c, 405, "method_not_allowed",
		    "this address answers %s", allow);
	} else {
		call_refuse(c, 404, "not_found", "there is nothing here");
	}
	server_set_term(conn, TERM_ANSWER);
	begin_send(conn);
	return false;
}

static void
begin_body(struct conn *conn)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct buf b = { (char *)go_on, sizeof(go_on) - 1, sizeof(go_on) };

	conn->phase = BODY;
	server_set_term(conn, TERM_BODY);
	if (conn->request.expects && conn->in.len == conn->in_at)
		send_now(conn, &b);
}

static void
begin_call(struct conn *conn)
{
	struct request *r = &conn->request;

	begin_exchange(conn);
	if (request_take(r, conn->x->call.arena, conn->in.data + conn->in_at) < 0) {
		refuse_as(conn, &r->refusal);
		return;
	}
	conn->in_at += r->at;
	exchange_take(conn->x, r);
	proxies_take(conn->server->proxies, &conn->x->call);
	if (!find_route(conn))
		return;
	switch (body_init(&conn->body, r, conn->x->call.route->body_max)) {
	case READING_DONE:	run(conn); break;
	case READING_MORE:	begin_body(conn); break;
	case READING_BAD:	refuse_as(conn, &conn->body.refusal); break;
	}
}

/* ---- phases; each says whether there is more to do at once ---- */

static bool
take_idle(struct conn *conn)
{
	if (conn->in_at == conn->in.len) {
		if (conn->server->draining)
			conn_drain(conn);
		return conn->phase == CLOSED;
	}
	request_init(&conn->request);
	conn->phase = HEAD;
	if (conn->greeted)
		server_set_term(conn, TERM_HEAD);
	conn->greeted = true;
	return true;
}

static bool
take_head(struct conn *conn)
{
	switch (request_read(&conn->request, conn->in.data + conn->in_at,
	    conn->in.len - conn->in_at)) {
	case READING_MORE:
		return false;
	case READING_DONE:
		begin_call(conn);
		return true;
	default:
		refuse_as(conn, &conn->request.refusal);
		return true;
	}
}

static bool
take_body(struct conn *conn)
{
	size_t used;
	enum reading did = body_read(&conn->body, &conn->body_in,
	    conn->in.data + conn->in_at, conn->in.len - conn->in_at, &used);

	conn->in_at += used;
	if (did == READING_MORE)
		return false;
	if (did == READING_DONE)
		run(conn);
	else
		refuse_as(conn, &conn->body.refusal);
	return true;
}

static bool
take_send(struct conn *conn)
{
	bool last = conn->x->close;

	if (!flush(conn))
		return conn->phase == CLOSED;
	end_exchange(conn, true);
	if (last) {
		wire_end_writing(&conn->wire);
		conn->phase = LINGER;
		server_set_term(conn, TERM_LINGER);
		return true;
	}
	conn->phase = IDLE;
	server_set_term(conn, TERM_IDLE);
	return true;
}

static bool
take_flow(struct conn *conn)
{
	if (!flush(conn))
		return conn->phase == CLOSED;
	conn->phase = CALL;
	call_wake(&conn->x->call, 0);
	return conn->phase != CALL;
}

static bool
take_linger(struct conn *conn)
{
	conn->lingered += conn->in.len - conn->in_at;
	conn->in_at = conn->in.len;
	if (conn->lingered > LINGER_MAX)
		conn_close(conn);
	return conn->phase == CLOSED;
}

static bool
turn_once(struct conn *conn)
{
	switch (conn->phase) {
	case IDLE:	return take_idle(conn);
	case HEAD:	return take_head(conn);
	case BODY:	return take_body(conn);
	case FLOW:	return take_flow(conn);
	case SEND:	return take_send(conn);
	case LINGER:	return take_linger(conn);
	default:	return false;	/* CALL: on_answer; GREETING: on_readable */
	}
}

/* ---- what came in ---- */

/* False when the connection is gone. A close behind fresh bytes is noticed the
 * next time, after these. */
static bool
read_some(struct conn *conn)
{
	static char scratch[READ_SIZE];
	ssize_t n, got = 0;

	do {
		n = wire_read(&conn->wire, scratch, sizeof(scratch));
		if (n > 0) {
			buf_add(&conn->in, scratch, (size_t)n);
			got += n;
		}
	} while (n > 0 && wire_pending(&conn->wire) && conn->in.len < INPUT_MAX);
	if (n != WIRE_GONE || got > 0)
		return true;
	conn_close(conn);
	return false;
}

/* What was used is let go; an idle connection holds no buffer. */
static void
trim_input(struct conn *conn)
{
	if (conn->in_at == conn->in.len) {
		buf_clear(&conn->in);
	} else if (conn->in_at > 0) {
		memmove(conn->in.data, conn->in.data + conn->in_at,
		    conn->in.len - conn->in_at);
		conn->in.len -= conn->in_at;
	}
	conn->in_at = 0;
}

static void
conn_turn(struct conn *conn)
{
	bool paused;

	if (conn->turning)
		return;
	conn->turning = true;
	do {
		while (conn->phase != CLOSED && turn_once(conn))
			;
		if (conn->phase == CLOSED)
			break;
		trim_input(conn);
		paused = conn->paused;
		watch(conn, conn->in.len >= INPUT_MAX);
		/* what OpenSSL holds already wakes nobody */
	} while (paused && !conn->paused && wire_pending(&conn->wire) &&
	    read_some(conn));
	conn->turning = false;
	if (conn->phase == CLOSED)
		conn_free(conn);
}

void
conn_due(struct conn *conn)
{
	switch (conn->phase) {
	case HEAD:
	case BODY:
		refuse(conn, 408, "too_slow", "the request took too long to come");
		break;
	case CALL:
		if (conn->x->flows) {	/* half an answer cannot be refused */
			conn_close(conn);
			return;
		}
		runner_forget(conn->x);
		call_reply_field(&conn->x->call, "Retry-After", "5");
		refuse(conn, 503, "try_later", "the answer took too long");
		break;
	default:
		conn_close(conn);
		return;
	}
	conn_turn(conn);
}

/* Nothing is asked, so nothing is lost; but whoever has just come in is about
 * to ask, and was promised an answer when we took him. */
void
conn_drain(struct conn *conn)
{
	bool newcomer = !conn->greeted &&
	    clock_mono_us() < conn->server->newcomers_us;
	bool idle = conn->phase == GREETING ||
	    (conn->phase == IDLE && conn->in_at == conn->in.len);

	if (idle && !newcomer)
		conn_close(conn);
}

/* ---- events ---- */

static void
on_readable(evutil_socket_t fd UNUSED, short what, void *arg)
{
	struct conn *conn = arg;

	if (what & EV_CLOSED) {
		conn_close(conn);
		return;
	}
	if (conn->phase == GREETING && !conn_greet(conn))
		return;
	if (read_some(conn))
		conn_turn(conn);
}

static void
on_writable(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct conn *conn = arg;

	if (conn->phase == GREETING)
		on_readable(fd, EV_READ, conn);
	else
		conn_turn(conn);
}
