/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox.h - a counter for trying ([sandbox] open = yes): what developers make
 * happen there, on their own clients and on people who never were.
 *
 *     clock     days: what is stored of the client's consents moves back, so
 *               that so much time has passed for them
 *     expire    this consent's time is over; revoke: its customer withdrew it
 *     correct   the source changes a record of hers; remove: it takes one away
 *     delay, fail, throttle    the next calls: late, 503, 429; clear: none more
 *
 * Whoever shows the registration_access_token of a client may.
 */
#ifndef SANDBOX_H
#define SANDBOX_H
#include "crypto/hash.h"
#include "http/call.h"

struct trigger {
	uint8_t hash[SHA256_SIZE];	/* of the token shown */
	const char *event, *grant;
	int64_t days, calls, ms;
	struct rows *mine;		/* sandbox_grants.sql */
	const char *client;
	int row;			/* of the grant meant, or -1 */
	size_t source;			/* asked next (correct, remove) */
	bool asked;
	const char *refused;		/* one sentence; NULL: it was done */
	const char *dataset;		/* that changed, or NULL */
};

/* NEXT, or 404 where this is no sandbox. A step. */
step_fn sandbox_only;
/* Asks who shows this token, and for its grants; the next step takes them. */
enum next trigger_find(struct call *, struct trigger *);
/* False: nobody's token. */
bool trigger_found(struct call *, struct trigger *);
/* Makes it happen. A step that comes back to itself under this name until it
 * is done; then NEXT, and t->refused. */
enum next trigger_act(struct call *, struct trigger *, const char *step);

/* A step of what a PIMS reads by: does this call go wrong? NEXT, at once where
 * this is no sandbox. */
step_fn sandbox_fault, sandbox_faulty;
#define SANDBOX_STEPS \
	{ "sandbox", sandbox_fault }, \
	{ "sandbox fault", sandbox_faulty }

#endif
