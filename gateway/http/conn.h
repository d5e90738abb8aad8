/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conn.h - one connection: its phases, its deadlines; for this room alone.
 */
#ifndef CONN_H
#define CONN_H
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include "base/buf.h"
#include "http/request.h"
#include "http/wire.h"

struct exchange;
struct house;
struct proxies;
struct settings;

enum phase {
	GREETING,	/* TLS handshake */
	IDLE,		/* between two requests */
	HEAD,		/* reading a head */
	BODY,		/* reading a body */
	CALL,		/* the route's steps run or sleep */
	FLOW,		/* a piece of the answer is leaving, more follow */
	SEND,		/* the answer is leaving */
	LINGER,		/* last answer sent: the rest is read and forgotten, so
			 * that the kernel does not reset it away */
	CLOSED
};

/* What a deadline is about; each lasts the same for all, so that a queue in
 * order of arrival is in order of deadline. */
enum term { TERM_IDLE, TERM_HEAD, TERM_BODY, TERM_ANSWER, TERM_LINGER, TERMS };

TAILQ_HEAD(conns, conn);

struct port {			/* a listening socket */
	struct server *server;
	struct event *accepting;
	SSL_CTX *tls;
	const struct route *const *routes;
	struct port *next;
};

struct server {
	struct house *house;
	const struct settings *settings;
	struct proxies *proxies;
	struct port *ports;
	struct event *sweep;		/* looks at deadlines */
	struct event *sweep_on;		/* goes on when many are due at once */
	struct event *rest;		/* accepts again after EMFILE */
	int64_t rested_us;		/* when it last had to */
	struct conns by_term[TERMS];
	int64_t term_us[TERMS];
	size_t connections, calls;
	unsigned long total, refused;
	struct buf out;			/* an answer being written */

	bool draining;
	int64_t drain_due_us;
	int64_t newcomers_us;		/* those who came just before may ask once */
	void (*drained)(void *);
	void *drained_arg;
};

struct conn {
	struct server *server;
	struct port *port;
	TAILQ_ENTRY(conn) in_term;
	enum term term;
	int64_t due_us;
	enum phase phase;
	struct wire wire;
	struct event readable, writable;
	bool paused;			/* enough is buffered: only a close counts */
	bool turning;			/* conn_turn is on the stack */
	bool greeted;			/* the first request has its own term */

	struct buf in;			/* read, from in_at on not used yet */
	size_t in_at;
	struct request request;
	struct body body;
	struct buf body_in;
	struct exchange *x;		/* HEAD read .. SEND */

	struct buf out;			/* what the kernel did not take at once */
	size_t out_at;
	const char *large;		/* a body too large to copy, in the call */
	size_t large_n;
	size_t lingered;

	char peer[64];
	char certificate[44];		/* x5t#S256, or "" */
};

void conn_open(struct port *, int fd, const char *peer);
void conn_close(struct conn *);		/* the client left, or must */
void conn_due(struct conn *);		/* its deadline passed */
void conn_drain(struct conn *);		/* closes it if nothing is asked */

void conn_watch_writable(struct conn *, bool on);

/* conn_greet.c: true when the handshake is done; the connection may be gone
 * else. */
bool conn_greet(struct conn *);

/* server.c: its place among deadlines */
void server_set_term(struct conn *, enum term);
void server_add(struct conn *);
void server_remove(struct conn *);

#endif
