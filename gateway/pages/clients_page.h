/* SPDX-License-Identifier: Apache-2.0 */
/* clients_page.h - recipients, for the colleagues who let them in. */
#ifndef CLIENTS_PAGE_H
#define CLIENTS_PAGE_H
#include "pages/html.h"

struct client_card {
	const char *id, *name, *kind, *state, *reason;
	const char *uri, *contact;		/* NULL when none */
	struct wording purpose;
	const char **datasets, **redirects;	/* NULL-terminated */
	int64_t created_us, grants;
	const char *const *acts;	/* what may be done: "review" "admit"
					 * "decline" "suspend", NULL-terminated */
	bool mine;			/* I was the first of two to agree */
};

struct clients_view {
	const struct catalogue *catalogue;
	const struct client_card *cards;
	size_t n;
	const char *csrf;
	const char *fault;		/* id of words, or NULL */
};
void clients_page(struct html *, const struct clients_view *);

#endif
