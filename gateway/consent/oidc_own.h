/* SPDX-License-Identifier: Apache-2.0 */
/* oidc_own.h - what oidc*.c share. */
#ifndef OIDC_OWN_H
#define OIDC_OWN_H
#include <sys/queue.h>
#include "consent/oidc.h"
#include "crypto/jws.h"
#include "http/client.h"

enum { OIDC_KEYS_MAX = 16 };

struct oidc_waiter {
	TAILQ_ENTRY(oidc_waiter) among;
	struct oidc *oidc;
	struct call *call;
	bool gone;
};

struct oidc {
	struct arena *arena;
	struct http_client *client;
	const struct settings *settings;
	const struct keys *own_keys;
	struct oidc_options o;
	const char *secret;		/* NULL: none */
	const char *cookie;		/* its name */

	/* what the provider says of itself */
	struct arena *told;		/* the texts below */
	const char *authorization, *token, *userinfo, *end_session, *jwks_uri;
	bool basic;			/* the secret goes in Authorization */
	bool says_iss;			/* RFC 9207 */
	struct jwk keys[OIDC_KEYS_MAX];
	size_t key_count;
	int64_t known_us, asked_us;	/* monotonic; 0 = never */
	int64_t renewed_us;		/* because of a key we did not know */
	struct http_job *job;
	TAILQ_HEAD(, oidc_waiter) waiters;
};

/* Asks again because of an unknown key; NEXT when that was done less than half
 * a minute ago. */
enum next oidc_renew(struct call *, struct oidc *);

#endif
