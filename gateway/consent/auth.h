/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth.h - who is the client at /oauth/par, token, revoke, introspect?
 *
 * These steps come first in those routes (AUTH_STEPS) and the route's own state
 * begins with a struct auth:
 *
 *	struct par { struct auth auth; ... };
 *	static const struct step par_steps[] = { AUTH_STEPS, { "store", store }, ...
 *
 * They refuse with 401 invalid_client, or 400 invalid_dpop_proof; after them
 * auth->client is proven and its proofs are spent.
 */
#ifndef AUTH_H
#define AUTH_H
#include "consent/client.h"
#include "consent/client_keys.h"
#include "consent/proof.h"

struct auth {
	const struct client *client;
	bool proved;			/* a DPoP proof came along */
	struct dpop dpop;
	/* how far it is */
	struct client_search search;
	const char *assertion;
	struct auth_spend {
		struct auth *auth;
		struct once_use use;
		struct once_wait *wait;	/* NULL: not, or no longer, asked */
		bool used;
		int verdict;
	} spends[2];		/* of the assertion, of the proof */
	struct call *call;
	/* its keys, when they are at its jwks_uri */
	struct client_keys_wait keys;
	bool fetched;
};

struct pace;

enum next auth_find(struct call *);
enum next auth_check(struct call *);
enum next auth_find_again(struct call *);
enum next auth_done(struct call *);
#define AUTH_STEPS \
	{ "find client", auth_find }, \
	{ "authenticate", auth_check }, \
	{ "find client again", auth_find_again }, \
	{ "spend proofs", auth_done }

/* For a step of a route, behind those: beyond its pace, 429 and Retry-After. A
 * client gone wild is held back, and the others do not notice. */
enum next auth_hold_back(struct call *, struct pace *, int64_t per_second);

#endif
