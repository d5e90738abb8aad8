/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server.h - the strict HTTP/1.1 edge (RFC 9110, 9112) on libevent's loop.
 *
 * One parser, one connection state machine, ordered pipelining, total
 * deadlines (head, body, answer, idle), a connection cap (idle ones make room,
 * then 503), back-pressure, early notice of departed clients, graceful drain.
 * Whatever is malformed gets one 400 and is closed.
 */
#ifndef SERVER_H
#define SERVER_H
#include <stdbool.h>
#include <stddef.h>
#include <openssl/ssl.h>
#include "base/attr.h"

struct fault;
struct house;
struct route;
struct server;
struct settings;
struct keys;

/* A listening socket with SO_REUSEPORT and TCP_NODELAY, made by the supervisor
 * before it forks. address: "127.0.0.1:8443" or "[::1]:8443". */
MUST_CHECK int server_bind(int *fd, const char *address, struct fault *);
/* Is this socket, which somebody else opened, the one of that address? Then it is
 * made as ours are. */
bool server_adopt(int fd, const char *address);
/* TLS 1.2/1.3, BCP 195 suites, tickets from keys_ticket shared by workers.
 * The keys must outlive it. */
MUST_CHECK int server_tls(SSL_CTX **out, const struct settings *,
    const struct keys *, bool ask_certificate, struct fault *);

/* When its certificate expires, s since 1970. */
long long server_tls_expires(const SSL_CTX *);

/* Settings that only this room understands: before any port opens. */
MUST_CHECK int server_check(const struct settings *, struct fault *);

struct server *server_new(struct house *);	/* settings were checked */
/* tls NULL = plain. The fd is borrowed from the supervisor; routes: `routes`
 * for the public, `admin_routes` on the admin address. */
void server_listen(struct server *, int fd, SSL_CTX *tls,
    const struct route *const *table);
/* Stops accepting, lets calls end, then calls done once (or at the deadline). */
void server_drain(struct server *, int deadline_ms, void (*done)(void *), void *arg);
void server_free(struct server *);

#endif
