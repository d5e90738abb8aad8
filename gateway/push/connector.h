/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connector.h - one kind of personal cloud: how to get in, hand over, leave.
 *
 * A connector is five functions and one set of outcomes. Everything they do is
 * asynchronous: an errand (errand.h) is handed in, and ended with an outcome.
 * Pages use the first part only: connector_begin, then connector_complete.
 */
#ifndef CONNECTOR_H
#define CONNECTOR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/attr.h"
#include "journal/line.h"

struct house;

/* ---- for pages: a customer connects her cloud ---- */

struct connect_ask {
	const char *client_id;		/* a row of guichet.client */
	const char *kind;		/* its kind: "cozy", "solid"... */
	const char *address;		/* as typed: a Cozy, a Solid container, a
					 * cloud; a webhook's code, or "" */
	const char *login, *password;	/* webdav: made for us there; or NULL */
	const struct subject_ref *subject;
	const char *const *datasets;	/* ids served here */
	size_t dataset_count;
	const char *details;		/* authorization_details as granted, JSON */
	const char *purpose;		/* as shown */
	const char *language;		/* "fr", "en" */
	uint8_t notice_sha256[32];	/* of the notice shown */
	int64_t expires_us;
	const struct agreement *others;	/* who holds it with her */
	const char *call;		/* the call's id, for the journal */
};

/* What to tell her. Texts live during the callback only. */
struct connect_told {
	int failure;		/* 0; E_BAD_INPUT: the address is not one;
				 * E_DENIED: she or it refused; E_NOT_FOUND: no
				 * such connection of hers; others: try later */
	const char *why;	/* one calm sentence, in English */
	const char *host;	/* what her address bar must show there */
	const char *url;	/* go there to approve, or NULL */
	const char *webid, *container;	/* Solid: whom to let in, where */
	const char *acl;	/* Solid: the ready-made rule (text/turtle) */
	bool waits;		/* we look by ourselves whether she has */
	bool open;		/* deliveries have begun */
	struct uuid grant;
};
typedef void connector_on_told(const struct connect_told *, void *arg);
struct connecting;

/*
 * Consent was given on our page: knocks at the cloud, then writes the grant
 * (pending its approval), the destination, the subscriptions and the line
 * consent.given (or consent.awaiting) by one statement. on_told runs later, once,
 * from the loop.
 */
struct connecting *connector_begin(struct house *, const struct connect_ask *,
    connector_on_told *, void *arg);

/*
 * She came back from her cloud (/connect/callback/{grant}), or says that she
 * opened her pod: takes the keys, activates the grant, starts the deliveries.
 * code and state: as in the redirect, NULL for Solid; error: as in the redirect.
 * Only a grant of this subject is touched, and a live one is never undone.
 */
struct connect_back {
	const char *grant;		/* from the path */
	const char *code, *state, *error;
	const struct subject_ref *subject;
	const char *call;
};
struct connecting *connector_complete(struct house *,
    const struct connect_back *, connector_on_told *, void *arg);

/*
 * She takes up again what was left half-way: knocks once more at the same cloud
 * (back: grant, subject and call), and tells as connector_begin does. Nothing of the
 * consent changes.
 */
struct connecting *connector_again(struct house *,
    const struct connect_back *, connector_on_told *, void *arg);

/* The customer left the page; what was begun is finished or given up. */
void connector_forget(struct connecting *);

/* ---- for the push role: the five functions of a kind ---- */

enum outcome {
	DELIVERED,	/* received, or open, or left: done */
	ALREADY,	/* it had exactly this */
	CONFLICT,	/* somebody else changes it: try again soon */
	LATER,		/* away, busy, slow: try again, with patience */
	REAUTH,		/* our keys no longer open: the customer must approve */
	GONE,		/* the customer closed the door there */
	MOVED,		/* the cloud lives at another address now */
	REFUSED		/* it will never take this: an operator must look */
};
const char *outcome_name(enum outcome);		/* "delivered" */

struct errand;
struct connector {
	const char *kind;
	void (*begin)(struct errand *);		/* get ready; e->url if to approve;
						 * a pod has neither: it waits */
	void (*complete)(struct errand *);	/* approved: take the keys */
	void (*deliver)(struct errand *);	/* e->parcel */
	void (*check)(struct errand *);		/* is the door still open? */
	void (*leave)(struct errand *);		/* give our keys back */
	bool waits;	/* complete tells whether she has approved there: it is
			 * asked again and again until she has */
};
extern const struct connector connector_cozy, connector_solid,
    connector_webdav, connector_webhook;
const struct connector *connector_find(const char *kind);	/* or NULL */

#endif
