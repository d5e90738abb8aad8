/* SPDX-License-Identifier: Apache-2.0 */
/*
 * consent_page.h - a PIMS asks, the customer decides.
 *
 * One screen: who asks, for what (their words, marked as theirs), each data
 * set apart, how far back, until when, how to stop, and two equal buttons.
 */
#ifndef CONSENT_PAGE_H
#define CONSENT_PAGE_H
#include "pages/html.h"
#include "pages/parts.h"

enum consent_fault { CONSENT_FINE, CONSENT_NOTHING_TICKED, CONSENT_NO_ACCOUNT };

struct consent_view {
	const char *client_name, *client_uri, *purpose;
	const char *organisation;
	const char *recurrence;		/* "once", "P1D", "event" */
	const struct choice *choices;
	size_t choice_count;
	const struct account *accounts;
	size_t account_count;
	struct span span;
	int64_t answer_by_us;		/* those who hold with her */
	enum consent_fault fault;
	/* carried by the form, no part of the notice */
	const char *client_id, *request_uri, *csrf;
};
#define CONSENT_FORM "consent"		/* the form's id, for the language switch */

void consent_page(struct html *, const struct consent_view *);
/* The part of it that informs: what the grant keeps the hash of. */
void consent_notice(struct html *, const struct consent_view *);

#endif
