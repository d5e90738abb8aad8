/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox_page.h - a developer's bench: a client of one's own, what happens to
 * its consents, what it hears, and sets of synthetic people. */
#ifndef SANDBOX_PAGE_H
#define SANDBOX_PAGE_H
#include <stdint.h>
#include "pages/html.h"

struct rows;

/* What was sent to an endpoint, and what it said. */
struct sandbox_sent {
	const char *url, *head, *body, *secret;
	const char *verdict;		/* words id */
	const char *why;		/* it could not be reached; or NULL */
	int status;
	const char *answer;		/* its first bytes, or NULL */
	int64_t ms;
};

struct sandbox_set { const char *name, *sha256; int64_t bytes; };

struct sandbox_view {
	const char *public_url;
	const char *client, *name;	/* who showed its token; or NULL */
	const char *token;		/* as shown, for the forms */
	const struct rows *grants;	/* sandbox_grants.sql; NULL: nobody's */
	const char *said;		/* words id of what was done; or NULL */
	const char *fault;		/* one sentence, or NULL */
	const char *jwks;		/* as typed, after a fault */
	const char *endpoint;		/* its address, or NULL */
	const struct sandbox_sent *sent;
	const struct sandbox_set *sets;
	size_t set_n;
};
/* One of them, in a dl: its name, how long, its hash. */
void part_set(struct html *, const struct sandbox_set *);
void sandbox_page(struct html *, const struct sandbox_view *);

#endif
