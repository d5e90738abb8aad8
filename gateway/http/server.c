/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server.c - listening sockets, connections, deadlines, draining.
 *
 * A deadline is a place in the queue of its term: all of one term last the
 * same, so the queue's head is due first and a timer each tenth of a second
 * looks at heads only. Nothing is armed or disarmed per request.
 */
#include "http/server.h"
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/settings.h"
#include "http/address.h"
#include "http/conn.h"
#include "http/counters.h"
#include "http/house.h"
#include "http/proxy.h"

enum { SWEEP_MS = 100, REST_MS = 100, REST_TELL_S = 10, ACCEPT_AT_ONCE = 64,
    DUE_AT_ONCE = 32,
    BACKLOG = 1024, LINGER_MS = 2000, NEWCOMERS_MS = 5000 };

/* ---- a listening socket ---- */

static int
bad_address(struct fault *f, const char *address, const char *why)
{
	fault_set(f, "E140", "", 0, 0, "cannot listen on %s: %s", address, why);
	return fault_cure(f, "choose another address in [server], or stop what "
	    "uses this one");
}

static int
resolve(struct addrinfo **out, const char *address, struct fault *f)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	const char *colon = strrchr(address, ':');
	char host[256];
	size_t n;
	int rc;

	if (colon == NULL || (n = (size_t)(colon - address)) >= sizeof(host))
		return bad_address(f, address, "it is not host:port");
	if (n > 1 && address[0] == '[' && colon[-1] == ']') {
		address++;
		n -= 2;
	}
	memcpy(host, address, n);
	host[n] = '\0';
	if ((rc = getaddrinfo(host, colon + 1, &hints, out)) != 0)
		return bad_address(f, address, gai_strerror(rc));
	return 0;
}

int
server_bind(int *fd, const char *address, struct fault *f)
{
	struct addrinfo *ai;
	const int on = 1;
	int s, rc = 0;

	if (resolve(&ai, address, f) < 0)
		return E_BAD_INPUT;
	s = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* accepted sockets inherit TCP_NODELAY: without it a small answer
	 * waits for the peer's delayed ACK */
	if (s < 0 ||
	    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    setsockopt(s, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) < 0 ||
	    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0 ||
	    bind(s, ai->ai_addr, ai->ai_addrlen) < 0 ||
	    listen(s, BACKLOG) < 0) {
		rc = bad_address(f, address, strerror(errno));
		if (s >= 0)
			close(s);
	} else {
		*fd = s;
	}
	freeaddrinfo(ai);
	return rc;
}

static bool
same_address(const struct sockaddr_storage *a, const struct sockaddr *b)
{
	const struct sockaddr_in *a4 = (const void *)a, *b4 = (const void *)b;
	const struct sockaddr_in6 *a6 = (const void *)a, *b6 = (const void *)b;

	if (a->ss_family != b->sa_family)
		return false;
	if (b->sa_family == AF_INET)
		return a4->sin_port == b4->sin_port &&
		    a4->sin_addr.s_addr == b4->sin_addr.s_addr;
	return b->sa_family == AF_INET6 && a6->sin6_port == b6->sin6_port &&
	    memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof(a6->sin6_addr)) == 0;
}

bool
server_adopt(int fd, const char *address)
{
	struct sockaddr_storage bound = { 0 };
	socklen_t n = sizeof(bound);
	struct addrinfo *all;
	struct fault fault;
	const int on = 1;
	bool same = false;

	if (getsockname(fd, (struct sockaddr *)&bound, &n) < 0 ||
	    resolve(&all, address, &fault) < 0)
		return false;
	for (struct addrinfo *ai = all; ai != NULL && !same; ai = ai->ai_next)
		same = same_address(&bound, ai->ai_addr);
	freeaddrinfo(all);
	return same && evutil_make_socket_nonblocking(fd) == 0 &&
	    evutil_make_socket_closeonexec(fd) == 0 &&
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0;
}

/* ---- accepting ---- */

static void
accept_all(struct server *s, bool on)
{
	for (struct port *p = s->ports; p != NULL; p = p->next)
		if (on)
			event_add(p->accepting, NULL);
		else
			event_del(p->accepting);
}

/* Out of descriptors: the loop would spin on a queue nobody can empty. */
static void
take_a_rest(struct server *s)
{
	const struct timeval rest = { 0, REST_MS * 1000 };
	int64_t now = clock_mono_us();

	if (now - s->rested_us > REST_TELL_S * INT64_C(1000000))
		log_warning("connections are not accepted for a moment "
		    "code=E133 why=\"%s\"",
		    strerror(errno));
	s->rested_us = now;
	accept_all(s, false);
	event_add(s->rest, &rest);
}

static void
on_rested(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct server *s = arg;

	if (!s->draining)
		accept_all(s, true);
}

/* Beyond the cap: told so when that costs nothing, closed at once. */
static void
turn_away(struct port *port, int fd)
{
	static const char answer[] =
	    "HTTP/1.1 503 Service Unavailable\r\n"
	    "Retry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

	counter_add(COUNTER_REFUSED, 1);
	if (port->tls == NULL)
		send(fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL);
	close(fd);
}

/* At the cap the one that has been idle longest makes room, if any is. */
static bool
has_room(struct server *s)
{
	struct conn *idle = TAILQ_FIRST(&s->by_term[TERM_IDLE]);
	size_t max = (size_t)s->settings->connections_max;

	if (s->connections >= max && idle != NULL)
		conn_close(idle);
	return s->connections < max;
}

/* false: nobody waits, or nobody can be taken. */
static bool
accept_one(struct port *port)
{
	struct server *s = port->server;
	struct sockaddr_storage peer;
	struct sockaddr *sa = (struct sockaddr *)&peer;
	socklen_t n = sizeof(peer);
	int fd = accept4(event_get_fd(port->accepting), sa, &n,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	char text[64];

	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
			take_a_rest(s);
		return false;
	}
	counter_add(COUNTER_ACCEPTED, 1);
	address_text(text, sa);
	if (has_room(s))
		conn_open(port, fd, text);
	else
		turn_away(port, fd);
	return true;
}

static void
on_acceptable(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	for (int i = 0; i < ACCEPT_AT_ONCE && accept_one(arg); i++)
		;
}

/* Whoever stands in the queue of the kernel would be cut off with the socket. */
static void
accept_last(struct server *s)
{
	for (struct port *p = s->ports; p != NULL; p = p->next)
		for (int i = 0; i < BACKLOG && accept_one(p); i++)
			;
	accept_all(s, false);
}

/* ---- deadlines ---- */

void
server_set_term(struct conn *conn, enum term term)
{
	struct server *s = conn->server;

	TAILQ_REMOVE(&s->by_term[conn->term], conn, in_term);
	conn->term = term;
	conn->due_us = clock_mono_us() + s->term_us[term];
	TAILQ_INSERT_TAIL(&s->by_term[term], conn, in_term);
}

static void
arm_sweep(struct server *s)
{
	const struct timeval each = { 0, SWEEP_MS * 1000 };

	if (s->connections > 0 || s->draining)
		event_add(s->sweep, &each);
	else
		event_del(s->sweep);
}

void
server_add(struct conn *conn)
{
	struct server *s = conn->server;

	TAILQ_INSERT_TAIL(&s->by_term[conn->term], conn, in_term);
	counter_set(COUNTER_CONNECTIONS, ++s->connections);
	if (s->connections == 1)
		arm_sweep(s);
}

void
server_remove(struct conn *conn)
{
	struct server *s = conn->server;

	TAILQ_REMOVE(&s->by_term[conn->term], conn, in_term);
	counter_set(COUNTER_CONNECTIONS, --s->connections);
	if (s->connections == 0)
		arm_sweep(s);
}

static void
close_all(struct server *s)
{
	struct conn *conn;

	for (int t = 0; t < TERMS; t++)
		while ((conn = TAILQ_FIRST(&s->by_term[t])) != NULL)
			conn_close(conn);
}

static void
end_drain(struct server *s)
{
	void (*drained)(void *) = s->drained;

	close_all(s);
	s->drained = NULL;
	event_del(s->sweep);
	if (drained != NULL)
		drained(s->drained_arg);
}

static void
drain_idle(struct server *s)
{
	struct conn *conn, *next;

	for (int t = 0; t < TERMS; t++)
		for (conn = TAILQ_FIRST(&s->by_term[t]); conn != NULL; conn = next) {
			next = TAILQ_NEXT(conn, in_term);
			conn_drain(conn);
		}
}

static void
on_sweep(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	static const struct timeval at_once = { 0, 0 };
	struct server *s = arg;
	int64_t now = clock_mono_us();
	struct conn *conn;
	int n = 0;

	for (int t = 0; t < TERMS; t++)
		while ((conn = TAILQ_FIRST(&s->by_term[t])) != NULL &&
		    conn->due_us <= now && n++ < DUE_AT_ONCE)
			conn_due(conn);
	if (n > DUE_AT_ONCE)	/* the rest after whoever is waiting */
		event_add(s->sweep_on, &at_once);
	if (!s->draining)
		return;
	drain_idle(s);
	if (s->connections == 0 || now >= s->drain_due_us)
		end_drain(s);
}

/* ---- the server ---- */

/* A worker beyond its descriptors accepts nobody: raised to what it may have,
 * refused when that is too few. Besides connections: databases, files. */
static int
check_files(const struct settings *s, struct fault *f)
{
	rlim_t need = (rlim_t)s->connections_max + 100;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= need)
		return 0;
	limit.rlim_cur = need < limit.rlim_max ? need : limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= need)
		return 0;
	fault_set(f, "E133", s->file, 0, 0, "a process may open %llu files; "
	    "[server] connections_max = %lld needs %llu",
	    (unsigned long long)limit.rlim_max, (long long)s->connections_max,
	    (unsigned long long)need);
	return fault_cure(f, "raise it (LimitNOFILE= in the systemd unit, "
	    "ulimit -n), or lower connections_max");
}

int
server_check(const struct settings *s, struct fault *f)
{
	struct networks *allow;
	struct proxies *proxies;
	char wrong[64];

	if (proxies_load(&proxies, s, f) < 0)
		return E_BAD_INPUT;
	proxies_free(proxies);
	if (networks_parse(&allow, s->push_allow, wrong) < 0) {
		fault_set(f, "E143", s->file, 0, 0, "[push] allow: '%s' is not "
		    "an address or a network", wrong);
		return fault_cure(f, "write for example 127.0.0.1 10.1.0.0/24");
	}
	networks_free(allow);
	return check_files(s, f);
}

struct server *
server_new(struct house *house)
{
	struct server *s = xcalloc(1, sizeof(*s));
	const struct settings *set = house->settings;
	struct fault fault;

	s->house = house;
	s->settings = set;
	s->term_us[TERM_IDLE] = set->idle_timeout_ms * 1000;
	s->term_us[TERM_HEAD] = set->head_timeout_ms * 1000;
	s->term_us[TERM_BODY] = set->body_timeout_ms * 1000;
	s->term_us[TERM_ANSWER] = set->answer_timeout_ms * 1000;
	s->term_us[TERM_LINGER] = LINGER_MS * 1000;
	for (int t = 0; t < TERMS; t++)
		TAILQ_INIT(&s->by_term[t]);
	if (proxies_load(&s->proxies, set, &fault) < 0)
		fatal("%s", fault.cause);
	s->sweep = event_new(house->base, -1, EV_PERSIST, on_sweep, s);
	s->sweep_on = event_new(house->base, -1, 0, on_sweep, s);
	s->rest = event_new(house->base, -1, 0, on_rested, s);
	signal(SIGPIPE, SIG_IGN);	/* OpenSSL writes without MSG_NOSIGNAL */
	return s;
}

void
server_listen(struct server *s, int fd, SSL_CTX *tls,
    const struct route *const *table)
{
	struct port *p = xcalloc(1, sizeof(*p));

	p->server = s;
	p->tls = tls;
	p->routes = table;
	p->accepting = event_new(s->house->base, fd, EV_READ | EV_PERSIST,
	    on_acceptable, p);
	p->next = s->ports;
	s->ports = p;
	event_add(p->accepting, NULL);
}

void
server_drain(struct server *s, int deadline_ms, void (*done)(void *), void *arg)
{
	s->draining = true;
	s->drained = done;
	s->drained_arg = arg;
	s->drain_due_us = clock_mono_us() + (int64_t)deadline_ms * 1000;
	s->newcomers_us = clock_mono_us() + NEWCOMERS_MS * 1000;
	accept_last(s);
	drain_idle(s);
	arm_sweep(s);			/* done runs from the loop */
}

void
server_free(struct server *s)
{
	struct port *p;

	if (s == NULL)
		return;
	close_all(s);
	while ((p = s->ports) != NULL) {
		s->ports = p->next;
		event_free(p->accepting);
		free(p);
	}
	event_free(s->sweep);
	event_free(s->sweep_on);
	event_free(s->rest);
	proxies_free(s->proxies);
	buf_clear(&s->out);
	free(s);
}

