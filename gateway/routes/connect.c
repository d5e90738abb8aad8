/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET and POST /me/connect: a customer connects a personal cloud of her own.
 *
 * The consent is given here, on our page; the cloud then confirms (a Cozy asks
 * her to approve, a pod's owner lets us in). The form never redirects to the
 * address she typed: the page that follows shows what her address bar must
 * say there, and a plain link.
 */
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/settings.h"
#include "consent/agreement.h"
#include "consent/details.h"
#include "consent/notice.h"
#include "consent/session.h"
#include "http/call.h"
#include "pages/connect_page.h"
#include "pages/layout.h"
#include "pages/words.h"
#include "push/connector.h"
#include "routes/choices.h"
#include "routes/clouds.h"
#include "routes/eligible.h"
#include "routes/routes.h"

struct connect {
	struct clouds clouds;
	const struct connect_kind *chosen;
	bool fixed;			/* chosen on the page before */
	const char *address;
	struct choices choices;
	struct eligible eligible;
	struct agreement others;
	uint8_t notice[32];
	struct connecting *connecting;
	struct connect_next_view next;
	int failure;
	bool open;			/* nothing is left for her to do */
};

/* ---- the form ---- */

static enum next
take_kinds(struct call *c)
{
	struct connect *own = c->own;
	const struct catalogue *all = c->house->catalogue;

	clouds_take(c, &own->clouds);
	own->chosen = clouds_find(&own->clouds, call_query_arg(c, "client"));
	own->fixed = own->chosen != NULL;
	if (own->clouds.n == 0)
		return call_refuse(c, 404, "no_clouds",
		    "this counter sends to no personal cloud yet");
	for (size_t i = 0; i < catalogue_count(all); i++)
		choices_add(&own->choices, c->arena,
		    catalogue_at(all, i)->schema, NULL);
	choices_bound(&own->choices, c->house, clock_us(), INT64_MIN, 0);
	return NEXT;
}

static enum next
may_she(struct call *c)
{
	struct connect *own = c->own;

	return eligible_ask(c, &own->eligible, &own->choices, NULL,
	    "may she");
}

static enum lang
language(struct call *c)
{
	const char *asked = call_form_arg(c, "lang");

	if (asked == NULL)
		asked = call_form_arg(c, "shown");
	for (int i = 0; asked != NULL && i < LANG_COUNT; i++)
		if (strcmp(asked, lang_codes[i]) == 0)
			return (enum lang)i;
	return call_lang(c);
}

static enum next
show_page(struct call *c, enum connect_fault fault)
{
	struct connect *own = c->own;
	struct connect_view v = {
		.kinds = own->clouds.list,
		.kind_count = own->clouds.n,
		.chosen = own->chosen,
		.fixed = own->fixed,
		.address = own->address,
		.login = call_form_arg(c, "login"),
		.choices = own->choices.list,
		.choice_count = own->choices.n,
		.accounts = own->choices.accounts,
		.account_count = own->choices.account_n,
		.span = own->choices.span,
		.answer_by_us = choices_answer_by_us(&own->choices, c->house),
		.fault = fault,
		.csrf = c->session->csrf
	};
	struct layout l;

	layout_init(&l, c, language(c));
	l.lang_form = CONNECT_FORM;
	layout_begin(&l, "connect.title");
	connect_page(&l.h, &v);
	return layout_end(&l, fault == CONNECT_FINE ? 200 : 422);
}

static enum next
show(struct call *c)
{
	return show_page(c, CONNECT_FINE);
}

static const struct step connect_steps[] = {
	{ "find session", session_find },
	{ "know customer", session_know },
	{ "is it hers", session_require },
	{ "ask kinds", clouds_ask },
	{ "take kinds", take_kinds },
	{ "may she", may_she },
	{ "show", show },
	{ NULL, NULL }
};

const struct route route_connect = {
	.method = "GET", .path = "/me/connect", .steps = connect_steps,
	.own_size = sizeof(struct connect), .kind = ROUTE_PAGE
};

/* ---- its answer ---- */

static void
read_form(struct call *c, struct connect *own)
{
	own->chosen = clouds_find(&own->clouds, call_form_arg(c, "client"));
	own->fixed = own->chosen != NULL && call_form_arg(c, "fixed") != NULL;
	own->address = call_form_arg(c, "address");
	choices_read(&own->choices, c);
}

/* What she allows, as authorization_details, through the same reader as what
 * a PIMS asks for, and whom it concerns beside her. NULL when it is not one. */
static const char *
details_allowed(struct call *c, const struct choices *ch,
    struct agreement *others)
{
	bool all = strcmp(ch->span.since, "asked") == 0;
	struct details asked = { .n = 0, .recurrence = "event" }, given;
	struct narrowing by = {
		.choices = ch->picked,
		.n = ch->ticked_n,
		.now_us = ch->span.now_us,
		.from_us = all ? INT64_MIN : span_from_us(&ch->span),
		.until_us = choices_until_us(ch)
	};

	for (size_t i = 0; i < ch->ticked_n; i++)
		asked.list[asked.n++].dataset = ch->ticked[i];
	if (details_narrow(&given, c->arena, c->house->catalogue, &asked,
	    &by) < 0)
		return NULL;
	agreement_make(others, &ch->others, c->house->catalogue, &given,
	    c->session->customer);
	return details_text(c->arena, &given);
}

/* Of the page as it informs: its kinds, its data sets, its promises. */
static enum next
keep_notice(struct call *c, struct connect *own)
{
	enum next next;
	struct choice plain[CHOICES_MAX];
	struct connect_view v = { .choices = plain,
	    .choice_count = own->choices.n, .span = own->choices.span,
	    .accounts = own->choices.accounts,
	    .account_count = own->choices.account_n,
	    .answer_by_us = choices_answer_by_us(&own->choices, c->house) };
	struct buf text;
	struct html h;

	for (size_t i = 0; i < own->choices.n; i++)
		plain[i] = (struct choice){
		    .schema = own->choices.list[i].schema,
		    .at = own->choices.list[i].at,
		    .value = own->choices.list[i].value,
		    .held = own->choices.list[i].held };
	buf_init(&text);
	h_init(&h, &text, c->arena, c->house->words, language(c));
	connect_notice(&h, &v);
	next = notice_keep(c, &text, lang_codes[language(c)], own->notice);
	buf_clear(&text);
	return next;
}

/* Texts in what is told live during this call-back only. */
static void
on_told(const struct connect_told *t, void *arg)
{
	struct call *c = arg;
	struct connect *own = c->own;

	own->connecting = NULL;
	own->failure = t->failure;
	own->open = t->open;
	own->next = clouds_next(c, t, own->chosen->name);
	call_wake(c, 0);
}

static void
forget(void *arg)
{
	connector_forget(arg);
}

static enum next
begin(struct call *c)
{
	struct connect *own = c->own;
	enum lang lang = language(c);
	struct connect_ask ask = {
		.client_id = own->chosen->client_id,
		.kind = own->chosen->kind,
		.address = own->address,
		.login = call_form_arg(c, "login"),
		.password = call_form_arg(c, "password"),
		.subject = &c->session->subject,
		.datasets = own->choices.ticked,
		.dataset_count = own->choices.ticked_n,
		.details = details_allowed(c, &own->choices, &own->others),
		.others = &own->others,
		.purpose = words_find(c->house->words, lang, "connect.lead"),
		.language = lang_codes[lang],
		.expires_us = choices_until_us(&own->choices),
		.call = c->id
	};

	if (ask.details == NULL)
		return show_page(c, CONNECT_NOTHING_TICKED);
	memcpy(ask.notice_sha256, own->notice, sizeof(own->notice));
	own->connecting = connector_begin(c->house, &ask, on_told, c);
	return call_wait(c, forget, own->connecting);
}

static enum next
decide(struct call *c)
{
	struct connect *own = c->own;
	const char *decision = call_form_arg(c, "decision");

	read_form(c, own);
	if (decision != NULL && strcmp(decision, "refuse") == 0)
		return call_redirect(c, "/me");
	if (decision == NULL || strcmp(decision, "allow") != 0)
		return show(c);		/* another language */
	if (own->chosen == NULL)
		return show_page(c, CONNECT_NO_KIND);
	if (own->address == NULL || (own->address[0] == '\0' &&
	    strcmp(own->chosen->kind, "webhook") != 0))
		return show_page(c, CONNECT_BAD_ADDRESS);
	if (own->choices.ticked_n == 0)
		return show_page(c, CONNECT_NOTHING_TICKED);
	if (own->choices.no_account)
		return show_page(c, CONNECT_NO_ACCOUNT);
	return keep_notice(c, own);
}

static enum next
tell(struct call *c)
{
	struct connect *own = c->own;

	if (own->failure != 0)
		return show_page(c, own->failure == E_BAD_INPUT ?
		    CONNECT_BAD_ADDRESS : CONNECT_UNREACHABLE);
	if (own->open)
		return call_redirect(c, "/me");
	return clouds_go_on(c, &own->next, language(c));
}

static const struct step connect_post_steps[] = {
	{ "find session", session_find },
	{ "know customer", session_know },
	{ "is it hers", session_require },
	{ "is it ours", session_form },
	{ "ask kinds", clouds_ask },
	{ "take kinds", take_kinds },
	{ "may she", may_she },
	{ "decide", decide },
	{ "begin", begin },
	{ "tell", tell },
	{ NULL, NULL }
};

const struct route route_connect_post = {
	.method = "POST", .path = "/me/connect", .steps = connect_post_steps,
	.own_size = sizeof(struct connect), .body_max = 16384,
	.kind = ROUTE_PAGE
};
