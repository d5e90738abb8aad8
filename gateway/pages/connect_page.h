/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connect_page.h - the customer connects a personal cloud of her own: which
 * kind, where it is, which data sets, until when.
 */
#ifndef CONNECT_PAGE_H
#define CONNECT_PAGE_H
#include "pages/html.h"
#include "pages/parts.h"

enum connect_fault {
	CONNECT_FINE,
	CONNECT_NO_KIND,
	CONNECT_BAD_ADDRESS,
	CONNECT_NOTHING_TICKED,
	CONNECT_NO_ACCOUNT,
	CONNECT_UNREACHABLE
};

struct connect_kind {
	const char *client_id, *kind, *name;	/* a row of guichet.client */
	struct wording how;			/* how one gets one; or NULLs */
	const char *how_url;
	bool linked;				/* it has a page to approve on */
};

/* Where a customer begins: /connect. */
struct connect_start_view {
	const char *organisation;
	const struct connect_kind *kinds;
	size_t kind_count;
};
void connect_start_page(struct html *, const struct connect_start_view *);
/* Why she approves twice; the heading's tag. */
void connect_two_approvals(struct html *, const char *heading);

struct connect_view {
	const struct connect_kind *kinds;
	size_t kind_count;
	const struct connect_kind *chosen;	/* or NULL */
	bool fixed;				/* it was chosen before */
	const char *login;			/* as typed, webdav */
	const char *address;			/* as typed */
	const struct choice *choices;
	size_t choice_count;
	const struct account *accounts;
	size_t account_count;
	struct span span;
	int64_t answer_by_us;		/* those who hold with her */
	enum connect_fault fault;
	const char *csrf;
};
#define CONNECT_FORM "connect"

void connect_page(struct html *, const struct connect_view *);
/* The part of it that informs: what the grant keeps the hash of. */
void connect_notice(struct html *, const struct connect_view *);

/* The next thing to do, at the personal cloud itself. */
struct connect_next_view {
	const char *name;		/* "Cozy" */
	const char *host;		/* what the address bar must show there */
	const char *url;		/* where to go; NULL = instructions only */
	const char *webid;		/* Solid: whom to let in */
	const char *container;		/* Solid: where */
	const char *acl;		/* Solid: the ready-made rule */
	const char *done;		/* "I have done it" leads there, or NULL */
};
void connect_next_page(struct html *, const struct connect_next_view *);

#endif
