/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve.h - the house at work: a supervisor and its roles.
 *
 * The supervisor reads and checks everything first (settings, keys, catalogue
 * against its sources, schema version), opens the sockets, then forks: web xN,
 * push xM, watch, journal, signer. It restarts the dead with back-off, reloads on
 * SIGHUP after a check, drains on SIGTERM, and tells systemd. Because it owns
 * the sockets, a worker's restart drops no queued connection.
 */
#ifndef SERVE_H
#define SERVE_H
#include <openssl/ssl.h>
#include <signal.h>
#include <stdint.h>
#include "base/attr.h"

struct catalogue;
struct counters_book;
struct event_base;
struct fault;
struct house;
struct keys;
struct settings;

/* ---- what is read and checked before any port opens (plan.c) ---- */
struct plan {
	struct settings *settings;
	struct keys *keys;
	struct catalogue *catalogue;
	SSL_CTX *tls, *tls_mtls;	/* NULL: no certificate set */
};
/* 0; E_UNAVAILABLE: a database is away, try later; else the fault to mend. */
MUST_CHECK int plan_read(struct plan *, const char *config, struct fault *);
void plan_clear(struct plan *);

/* ---- listening sockets, one per web worker and address (sockets.c) ---- */
enum socket_kind { SOCKET_PUBLIC, SOCKET_MTLS, SOCKET_PLAIN, SOCKET_ADMIN,
    SOCKET_KINDS };
struct sockets;
struct sockets *sockets_new(void);
/* Opens those missing for this plan; those it no longer names stay open until
 * sockets_trim, after the last worker that used them has gone. */
MUST_CHECK int sockets_open(struct sockets *, const struct plan *, struct fault *);
void sockets_trim(struct sockets *, const struct plan *);
/* Closes, in this process, those that are not this worker's: a port is closed
 * only when every process that has it closed it. */
enum { NOBODYS = -1 };		/* leaves all */
void sockets_leave(struct sockets *, const struct plan *, int worker);
int socket_of(const struct sockets *, const struct plan *, enum socket_kind,
    int worker);		/* -1: none */
/* Where the signer is asked: unless a service of its own is set, a socket of
 * ours without a name in any file system, told in [journal] signer. 0, or the
 * fault. */
MUST_CHECK int sockets_open_signer(struct sockets *, const struct plan *,
    struct fault *);
int sockets_signer(const struct sockets *);	/* the role's; -1: none */
void sockets_leave_signer(struct sockets *);
void sockets_free(struct sockets *);

/* ---- roles: each runs in a process of its own, until told to stop ---- */
struct role {
	const struct role_kind *kind;
	int index;			/* 0.. within its kind */
	const struct plan *plan;
	struct sockets *sockets;
	int ready_fd;			/* role_ready writes here, once */
	volatile int64_t *beat;		/* ms, of role_until_stopped's loop */
};
struct role_kind {
	const char *name;
	int (*count)(const struct settings *);
	int (*run)(struct role *);	/* an exit code of sysexits(3) */
	const char *database_role;	/* when they are apart; NULL: no database */
};
extern const struct role_kind role_kinds[];	/* ends with a NULL name */
int role_web(struct role *);
int role_push(struct role *);
int role_watch(struct role *);
int role_journal(struct role *);
int role_signer(struct role *);
int role_witness(struct role *);

void role_ready(struct role *);		/* "I can work now" */
/* What a worker owns (house.c): pools, gate, caches, on a loop of its own. */
void house_open(struct house *, struct role *);
void house_close(struct house *);
/* Runs the loop; calls stop(arg) once, on SIGTERM, or when the supervisor is
 * gone. A loop that stands still for 30 s is killed by the supervisor. */
void role_until_stopped(struct house *, struct role *, void (*stop)(void *),
    void *arg);

/* ---- the supervisor; returns an exit code ---- */
int supervise(const char *config);
int supervise_check(const char *config);	/* what a start looks at, no more */

#endif
