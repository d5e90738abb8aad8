/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access.h - who asks, by which token, under which live grant.
 *
 * RFC 6750, RFC 9449 (DPoP), RFC 8705 (certificate-bound): the token is opaque
 * and stored as a hash; verified tokens and the state of their grants are kept
 * in this worker, dropped on NOTIFY, bypassed while LISTEN is down.
 */
#ifndef ACCESS_H
#define ACCESS_H
#include "http/call.h"
#include "journal/line.h"

struct access_cache;
struct detail;

struct access {
	struct uuid grant;
	char grant_text[UUID_TEXT];
	const char *client_id;
	const char *customer;		/* the organisation's reference: never logged */
	struct subject_ref subject;
	const char **datasets;		/* granted ids, NULL-terminated */
	const char *details;		/* authorization_details as granted, JSON */
	bool paused;			/* opens no record for now */
	bool awaiting;			/* as those who hold with her must agree */
	int64_t token_expires_us;
	int64_t grant_expires_us;
};

/* The two steps every protected route starts with:
 *     { "find token", access_find }, { "check token", access_check },
 * after which c->access is set. They refuse with 401 and WWW-Authenticate. */
enum next access_find(struct call *);
enum next access_check(struct call *);
/* For routes that only tell of the consent: one that rests is fine. Others answer
 * 403: the token is good and will be of use again (RFC 6750 3.1). */
enum next access_check_even_paused(struct call *);

/* What the grant allows of this data set now: period, granularity, accounts.
 * NULL: nothing. */
const struct detail *access_covers(const struct access *, const char *dataset);
/* Says in WWW-Authenticate that the token is good but not for this (RFC 6750
 * 3.1): insufficient_scope. The 403 itself is the route's. */
void access_insufficient(struct call *);

/*
 * What this worker remembers: verified tokens, clients, and the proofs about to
 * be spent. access_open hears of changes over database_direct_url and sets
 * house->access, ->clients, ->once and ->renewals; it needs house->base, settings and db.
 */
void access_open(struct house *);
void access_close(struct house *);	/* before db_close */

#endif
