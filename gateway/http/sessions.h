/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sessions.h - TLS sessions of the hosts we talk to: one each, kept when its
 * connection is gone, so that the next one costs two thirds of a handshake less.
 *
 * libcurl 7.88 keeps five, and forgets them with the handle; it opens a context
 * for each connection and offers no way to hand it a session. So sessions are
 * taken from the context's own callback, and given when a handshake begins.
 */
#ifndef SESSIONS_H
#define SESSIONS_H
#include <openssl/ssl.h>

enum { SESSIONS_MAX = 8192 };

struct sessions;
struct sessions *sessions_new(void);
void sessions_free(struct sessions *);	/* NULL is welcome; after its contexts */

/* Connections of this context go to that host ("example.org:8443"). */
void sessions_use(struct sessions *, SSL_CTX *, const char *host);

#endif
