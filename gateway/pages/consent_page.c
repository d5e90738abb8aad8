/* SPDX-License-Identifier: Apache-2.0 */
/*
 * consent_page.c - a PIMS asks, the customer decides.
 *
 * The purpose and the end stand above the list, so that they are read on a
 * small screen without scrolling; nothing is ticked in advance, and refusing
 * is as near, as large and as plain as allowing (EDPB Guidelines 03/2022).
 */
#include "pages/consent_page.h"
#include <string.h>
#include "base/arena.h"
#include "pages/words.h"

/* The host of an address: what a reader can recognise. */
static const char *
host_of(struct html *h, const char *uri)
{
	const char *host = uri == NULL ? NULL : strstr(uri, "://");

	if (host == NULL)
		return NULL;
	host += 3;
	return arena_strndup(h->arena, host, strcspn(host, "/?#"));
}

static void
who_and_why(struct html *h, const struct consent_view *v)
{
	const char *host = host_of(h, v->client_uri);

	h_element(h, "h1", h_fill(h, "consent.h1", "client", v->client_name,
	    NULL), NULL);
	if (host != NULL) {
		h_open(h, "p", "class", "host", NULL);
		h_element(h, "a", host, "href", v->client_uri, "rel",
		    "noopener noreferrer", NULL);
		h_close(h, "p");
	}
	h_open(h, "figure", "class", "purpose", NULL);
	h_element(h, "blockquote", v->purpose, NULL);
	h_element(h, "figcaption", h_fill(h, "consent.words", "client",
	    v->client_name, "organisation", v->organisation, NULL), NULL);
	h_close(h, "figure");
}

static const char *
often(struct html *h, const char *recurrence)
{
	if (strcmp(recurrence, "once") == 0)
		return h_word(h, "often.once");
	return h_word(h, strcmp(recurrence, "P1D") == 0 ? "often.daily" :
	    "often.event");
}

static void
in_short(struct html *h, const struct consent_view *v)
{
	h_open(h, "dl", "class", "facts", NULL);
	part_fact(h, "consent.often", often(h, v->recurrence));
	part_fact(h, "consent.until", h_fill(h, "consent.until.value", "date",
	    h_date(h, span_until_us(&v->span, v->span.days_max)), NULL));
	part_fact(h, "consent.stop", h_word(h, "consent.stop.value"));
	h_close(h, "dl");
}

static void
after(struct html *h, const struct consent_view *v)
{
	part_held(h, v->choices, v->choice_count, v->accounts, v->account_count,
	    v->answer_by_us);
	h_element(h, "p", h_fill(h, "consent.after", "client", v->client_name,
	    NULL), "class", "hint", NULL);
}

/* The longest she could choose stands in it; what she ticks does not. */
void
consent_notice(struct html *h, const struct consent_view *v)
{
	who_and_why(h, v);
	in_short(h, v);
	part_choices(h, v->choices, v->choice_count, false);
	after(h, v);
}

void
consent_page(struct html *h, const struct consent_view *v)
{
	if (v->fault == CONSENT_NOTHING_TICKED)
		part_faults(h, "choice.none", "#d0");
	else if (v->fault == CONSENT_NO_ACCOUNT)
		part_faults(h, "account.none", "#a0");
	who_and_why(h, v);
	in_short(h, v);
	h_open(h, "form", "id", CONSENT_FORM, "method", "post", "action",
	    "/oauth/authorize", "class", "card", NULL);
	part_hidden(h, "client_id", v->client_id);
	part_hidden(h, "request_uri", v->request_uri);
	part_hidden(h, "csrf", v->csrf);
	part_hidden(h, "shown", lang_codes[h->lang]);
	part_choices(h, v->choices, v->choice_count,
	    v->fault == CONSENT_NOTHING_TICKED);
	part_accounts(h, v->accounts, v->account_count,
	    v->fault == CONSENT_NO_ACCOUNT);
	part_span(h, &v->span);
	after(h, v);
	part_two_buttons(h, "consent.refuse", "consent.allow");
	h_close(h, "form");
}
