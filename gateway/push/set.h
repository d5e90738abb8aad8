/* SPDX-License-Identifier: Apache-2.0 */
/*
 * set.h - a signal: a Security Event Token (RFC 8417) that says what became of a
 * consent, handed over as RFC 8935 says.
 *
 * It is signed by the key that our jwks_uri publishes. It names the grant and the
 * customer as this recipient knows her (RFC 9493, opaque), and nobody else.
 */
#ifndef SET_H
#define SET_H
#include <stdint.h>
#include "base/attr.h"
#include "http/client.h"

struct arena;
struct keys;

struct set {
	const char *id;			/* jti: the same for every attempt */
	const char *issuer, *to;	/* us, the client id */
	const char *kind;		/* given, changed... or verification */
	const char *about;		/* the grant; the client, to verify */
	const char *subject, *state, *by;	/* NULL: not said */
	int64_t at_us;			/* when it came true (toe) */
};
/* The POST that carries it, in the arena. */
void set_request(struct http_request *, struct arena *, const struct keys *,
    const struct set *, const char *url);

/* 0: received (202). E_DENIED: never (400 and its err). E_UNAVAILABLE: not now.
 * why is one sentence then, in the arena. */
MUST_CHECK int set_answer(const struct http_answer *, struct arena *,
    const char **why);

#endif
