/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET and POST /oauth/authorize: the customer reads what a PIMS asks, and
 * decides (RFC 6749 4.1, RFC 9126, RFC 9396).
 *
 * Only a pushed request is shown. Until the PIMS and its request are known to
 * be genuine, a fault is told here and never by a redirect. The form comes back
 * to this address: with a decision, or with another language, which keeps what
 * was ticked. The hash of the notice as shown goes into the grant.
 */
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/settings.h"
#include "consent/client.h"
#include "consent/grant.h"
#include "consent/notice.h"
#include "consent/pushed.h"
#include "consent/session.h"
#include "http/call.h"
#include "pages/consent_page.h"
#include "pages/layout.h"
#include "pages/words.h"
#include "routes/choices.h"
#include "routes/eligible.h"
#include "routes/routes.h"

struct authorize {
	const char *client_id, *request_uri;
	struct client_search search;
	const struct client *client;
	struct pushed *pushed;
	struct choices choices;
	struct eligible eligible;
	struct details narrowed;
	uint8_t notice[32];
	const char *answer;		/* the redirect, once it is written */
};

/* ---- is it genuine? ---- */

static enum next
find_client(struct call *c)
{
	struct authorize *own = c->own;
	bool post = strcmp(c->method, "POST") == 0;

	own->client_id = post ? call_form_arg(c, "client_id") :
	    call_query_arg(c, "client_id");
	own->request_uri = post ? call_form_arg(c, "request_uri") :
	    call_query_arg(c, "request_uri");
	if (own->client_id == NULL || own->request_uri == NULL)
		return call_refuse(c, 400, "bad_request_uri",
		    "client_id and request_uri are required: push the request "
		    "first (RFC 9126)");
	return client_find(c, &own->search, own->client_id);
}

static enum next
find_request(struct call *c)
{
	struct authorize *own = c->own;

	own->client = client_found(c, &own->search);
	if (own->client == NULL || own->client->suspended)
		return call_refuse(c, 400, "unknown_client",
		    "this service is not admitted here");
	return pushed_find(c, own->request_uri, own->client_id);
}

/* What is asked for once is to be fetched within a day. */
static int64_t
until_of(const struct details *d, int64_t now_us)
{
	int64_t day_us = now_us + INT64_C(86400) * 1000000;

	if (d->recurrence == NULL || strcmp(d->recurrence, "once") != 0 ||
	    (d->until_us != 0 && d->until_us < day_us))
		return d->until_us;
	return day_us;
}

/* What may be ticked: what is asked, of what is served here. Days count from
 * when the request was first opened, so that the notice says the same when the
 * form comes back after midnight. */
static void
list_choices(struct call *c, struct authorize *own)
{
	const struct details *d = &own->pushed->details;
	int64_t now_us = own->pushed->expires_us -
	    PUSHED_READ_S * INT64_C(1000000);

	for (size_t i = 0; i < d->n; i++) {
		const struct dataset *ds = dataset_find(c->house->catalogue,
		    d->list[i].dataset);

		if (ds != NULL)
			choices_add(&own->choices, c->arena, ds->schema,
			    d->list[i].granularity);
	}
	choices_bound(&own->choices, c->house, now_us,
	    details_earliest_us(d, now_us), until_of(d, now_us));
}

static enum next
take_request(struct call *c)
{
	struct authorize *own = c->own;

	own->pushed = pushed_found(c);
	if (own->pushed == NULL)
		return call_refuse(c, 400, "bad_request_uri",
		    "this request is unknown, too old, or was answered already");
	list_choices(c, own);
	return NEXT;
}

static enum next
is_it_surely_she(struct call *c)
{
	struct authorize *own = c->own;

	return choices_sign_in(&own->choices, c);
}

static enum next
may_she(struct call *c)
{
	struct authorize *own = c->own;

	return eligible_ask(c, &own->eligible, &own->choices,
	    &own->pushed->details, "may she");
}

/* ---- the notice ---- */

/* ui_locales (OpenID Connect Core 3.1.2.1) counts when she chose nothing. */
static enum lang
language(struct call *c, const struct authorize *own)
{
	const char *asked = call_form_arg(c, "lang");
	const char *locales = own->pushed->ui_locales;

	if (asked == NULL)
		asked = call_form_arg(c, "shown");
	if (asked == NULL && call_query_arg(c, "lang") == NULL)
		asked = locales;
	for (int i = 0; asked != NULL && i < LANG_COUNT; i++)
		if (strncmp(asked, lang_codes[i], 2) == 0)
			return (enum lang)i;
	return call_lang(c);
}

static const char *
purpose(const struct authorize *own, enum lang lang)
{
	const char *said = own->pushed->details.purpose;

	if (said == NULL)
		said = own->client->purpose.in[lang];
	if (said == NULL)
		said = own->client->purpose.in[LANG_EN];
	return said == NULL ? "" : said;
}

static struct consent_view
view(struct call *c, struct authorize *own, enum lang lang)
{
	const char *recurrence = own->pushed->details.recurrence;

	return (struct consent_view){
		.client_name = own->client->name,
		.client_uri = own->client->uri,
		.purpose = purpose(own, lang),
		.organisation = c->house->settings->organisation_name,
		.recurrence = recurrence == NULL ? "event" : recurrence,
		.choices = own->choices.list,
		.choice_count = own->choices.n,
		.accounts = own->choices.accounts,
		.account_count = own->choices.account_n,
		.span = own->choices.span,
		.answer_by_us = choices_answer_by_us(&own->choices, c->house),
		.client_id = own->client_id,
		.request_uri = own->request_uri,
		.csrf = c->session->csrf
	};
}

static enum next
show_page(struct call *c, enum consent_fault fault)
{
	struct authorize *own = c->own;
	enum lang lang = language(c, own);
	struct consent_view v = view(c, own, lang);
	struct layout l;

	v.fault = fault;
	layout_init(&l, c, lang);
	l.lang_form = CONSENT_FORM;
	/* Chromium applies form-action to the redirect after the form too */
	l.form_to = layout_origin(c->arena, own->pushed->redirect_uri);
	layout_begin(&l, "consent.title");
	consent_page(&l.h, &v);
	return layout_end(&l, fault == CONSENT_FINE ? 200 : 422);
}

/* Of the notice alone: who, why, which data, in the language shown; not of
 * what she ticked, nor of the form's own secrets. To clear. */
static void
write_notice(struct buf *out, struct call *c, struct authorize *own,
    enum lang lang)
{
	struct consent_view v = view(c, own, lang);
	struct choice plain[CHOICES_MAX];
	struct html h;

	for (size_t i = 0; i < own->choices.n; i++)
		plain[i] = (struct choice){ .schema = own->choices.list[i].schema,
		    .at = own->choices.list[i].at,
		    .value = own->choices.list[i].value,
		    .closed = own->choices.list[i].closed,
		    .held = own->choices.list[i].held };
	v.choices = plain;
	buf_init(out);
	h_init(&h, out, c->arena, c->house->words, lang);
	consent_notice(&h, &v);
}

/* She is about to see it: that is told, and it is kept as she sees it. */
static enum next
say_shown(struct call *c)
{
	struct authorize *own = c->own;
	enum lang lang = language(c, own);
	enum next next;
	struct buf out;

	write_notice(&out, c, own, lang);
	next = notice_shown(c, &out, lang_codes[lang], own->pushed);
	buf_clear(&out);
	return next;
}

static enum next
show(struct call *c)
{
	return show_page(c, CONSENT_FINE);
}

static const struct step authorize_steps[] = {
	{ "find client", find_client },
	{ "find request", find_request },
	{ "take request", take_request },
	{ "find session", session_find },
	{ "know customer", session_know },
	{ "is it hers", session_require },
	{ "is it surely she", is_it_surely_she },
	{ "may she", may_she },
	{ "say so", say_shown },
	{ "show", show },
	{ NULL, NULL }
};

const struct route route_authorize = {
	.method = "GET", .path = "/oauth/authorize", .steps = authorize_steps,
	.own_size = sizeof(struct authorize), .kind = ROUTE_PAGE
};

/* ---- the decision ---- */

static enum next
keep_notice(struct call *c, struct authorize *own, enum lang lang)
{
	enum next next;
	struct buf out;

	write_notice(&out, c, own, lang);
	next = notice_keep(c, &out, lang_codes[lang], own->notice);
	buf_clear(&out);
	return next;
}

static enum next
allow(struct call *c)
{
	struct authorize *own = c->own;
	enum lang lang = language(c, own);
	struct choices *ch = &own->choices;
	struct decision d = {
		.pushed = own->pushed,
		.client = own->client,
		.details = &own->narrowed,
		.purpose = purpose(own, lang),
		.language = lang,
		.expires_us = choices_until_us(ch),
		.others = &ch->others
	};
	bool as_asked = strcmp(ch->span.since, "asked") == 0;
	struct narrowing by = {
		.choices = ch->picked,
		.n = ch->ticked_n,
		.now_us = ch->span.now_us,
		.from_us = as_asked ? INT64_MIN : span_from_us(&ch->span),
		.until_us = d.expires_us
	};

	if (details_narrow(&own->narrowed, c->arena, c->house->catalogue,
	    &own->pushed->details, &by) < 0)
		return call_refuse(c, 400, "bad_form",
		    "what was chosen is more than what was asked");
	memcpy(d.notice_sha256, own->notice, sizeof(d.notice_sha256));
	return grant_give(c, &d, &own->answer);
}

static enum next
refuse(struct call *c, struct authorize *own)
{
	(void)call_goto(c, "answer");
	return grant_refuse(c, own->pushed, &own->answer);
}

static enum next
decide(struct call *c)
{
	struct authorize *own = c->own;
	const char *decision = call_form_arg(c, "decision");

	choices_read(&own->choices, c);
	if (decision != NULL && strcmp(decision, "refuse") == 0)
		return refuse(c, own);
	if (decision == NULL || strcmp(decision, "allow") != 0)
		return call_goto(c, "say so");	/* another language */
	if (own->choices.ticked_n == 0)
		return show_page(c, CONSENT_NOTHING_TICKED);
	if (own->choices.no_account)
		return show_page(c, CONSENT_NO_ACCOUNT);
	return keep_notice(c, own, language(c, own));
}

static enum next
answer(struct call *c)
{
	struct authorize *own = c->own;

	if (!grant_decided(c))
		return call_refuse(c, 400, "bad_request_uri",
		    "this request is too old, or was answered already");
	return call_redirect(c, own->answer);
}

static const struct step authorize_post_steps[] = {
	{ "find session", session_find },
	{ "know customer", session_know },
	{ "is it hers", session_require },
	{ "is it ours", session_form },
	{ "find client", find_client },
	{ "find request", find_request },
	{ "take request", take_request },
	{ "is it surely she", is_it_surely_she },
	{ "may she", may_she },
	{ "decide", decide },
	{ "allow", allow },
	{ "answer", answer },

	{ "say so", say_shown },
	{ "show", show },
	{ NULL, NULL }
};

const struct route route_authorize_post = {
	.method = "POST", .path = "/oauth/authorize",
	.steps = authorize_post_steps, .own_size = sizeof(struct authorize),
	.body_max = 16384, .kind = ROUTE_PAGE
};
