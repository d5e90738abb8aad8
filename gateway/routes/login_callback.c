/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /login/callback: she comes back from the organisation's provider.
 *
 * What came is checked (consent/oidc.h); then the claim chosen by the operator
 * becomes a customer: by login.sql of a source when one is there (exactly one
 * row), or as it stands. She is told calmly why not, and never what was wrong
 * with a token: the log says that.
 */
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/log.h"
#include "base/settings.h"
#include "catalogue/catalogue.h"
#include "consent/entry.h"
#include "consent/oidc.h"
#include "consent/pace.h"
#include "http/call.h"
#include "pages/layout.h"
#include "routes/routes.h"

enum { CLAIM_MAX = 255 };

struct callback {
	struct oidc_visit visit;
	struct entry entry;
	const char *claim;
	size_t source;			/* whose login.sql was asked, + 1 */
};

static enum next
know_provider(struct call *c)
{
	static struct pace pace = { .per_second = 5, .burst = 60 };

	if (c->house->login == NULL)
		return call_refuse(c, 404, "login_off",
		    "nobody comes back from a provider here");
	if (!pace_allows(&pace, c->peer))
		return call_refuse(c, 429, "login_paused",
		    "too many sign-ins from this address: please wait");
	return oidc_know(c, c->house->login);
}

static enum next
take(struct call *c)
{
	struct callback *own = c->own;

	return oidc_take(c, c->house->login, &own->visit);
}

static enum next
check(struct call *c)
{
	struct callback *own = c->own;

	return oidc_check(c, &own->visit, "check identity");
}

/* What she can do about it; everything else is "please try again". */
static enum next
refuse(struct call *c, const char *why)
{
	static const struct { const char *why, *code, *detail; int status; }
	    told[] = {
		{ "refused", "login_refused", "you did not sign in there", 403 },
		{ "away", "login_away",
		  "the organisation's sign-in cannot be reached", 503 },
		{ "acr", "login_weak", "these data ask for a stronger sign-in",
		  403 },
		{ "nobody", "login_nobody",
		  "this account belongs to no customer", 403 },
	};

	log_warning("call=%s a sign-in was refused cause=\"%s\"", c->id, why);
	for (size_t i = 0; i < countof(told); i++)
		if (strcmp(told[i].why, why) == 0)
			return call_refuse(c, told[i].status, told[i].code, "%s",
			    told[i].detail);
	return call_refuse(c, 400, "login_failed",
	    "signing in did not work: please try again");
}

/* The next source that has a login.sql; NULL: none left. */
static struct source *
next_source(struct call *c, struct callback *own)
{
	const struct catalogue *all = c->house->catalogue;

	while (own->source < catalogue_source_count(all)) {
		struct source *s = catalogue_source(all, own->source++);

		if (s->login.text != NULL)
			return s;
	}
	return NULL;
}

static bool
no_login_sql(struct call *c)
{
	const struct catalogue *all = c->house->catalogue;

	for (size_t i = 0; i < catalogue_source_count(all); i++)
		if (catalogue_source(all, i)->login.text != NULL)
			return false;
	return true;
}

static void
greet(struct call *c, struct callback *own, const char *name)
{
	const char *claim = c->house->settings->login_name_claim;

	own->entry.name = arena_strdup(c->arena, name);
	if (own->entry.name == NULL)
		own->entry.name = oidc_claim_text(c->arena, &own->visit, claim);
	if (own->entry.name == NULL)
		own->entry.name = "";
}

static enum next
ask_source(struct call *c, struct callback *own)
{
	struct source *s = next_source(c, own);
	struct params p;
	char *text;

	if (s == NULL)
		return refuse(c, "nobody");
	text = json_dumps(own->visit.claims, JSON_COMPACT);
	params_init(&p);
	params_text(&p, own->claim);
	params_text(&p, arena_strdup(c->arena, text));
	free(text);
	return call_ask(c, s->db, &s->login, &p);
}

static enum next
find_customer(struct call *c)
{
	struct callback *own = c->own;
	const struct settings *s = c->house->settings;

	if (own->visit.why != NULL)
		return refuse(c, own->visit.why);
	own->claim = oidc_claim_text(c->arena, &own->visit,
	    s->login_customer_claim);
	if (own->claim == NULL || own->claim[0] == '\0' ||
	    strlen(own->claim) > CLAIM_MAX)
		return refuse(c, "nobody");
	if (no_login_sql(c)) {
		own->entry.customer = own->claim;
		greet(c, own, NULL);
		return NEXT;
	}
	return ask_source(c, own);
}

/* Two rows would be two people: nobody. */
static enum next
take_customer(struct call *c)
{
	struct callback *own = c->own;

	if (own->entry.customer != NULL)
		return NEXT;
	if (rows_count(c->rows) > 1)
		return refuse(c, "more than one customer");
	if (rows_count(c->rows) == 0 || row_null(c->rows, 0, "customer")) {
		(void)call_goto(c, "take customer");
		return ask_source(c, own);
	}
	own->entry.customer = row_text(c->rows, 0, "customer");
	greet(c, own, row_text(c->rows, 0, "name"));
	return NEXT;
}

static enum next
find_subject(struct call *c)
{
	struct callback *own = c->own;
	const json_t *acr = oidc_claim(&own->visit, "acr");

	own->entry.acr = json_string_value(acr);
	own->entry.auth_time_us = own->visit.auth_time_us;
	return entry_find(c, &own->entry);
}

static enum next
enter(struct call *c)
{
	struct callback *own = c->own;

	return entry_make(c, &own->entry);
}

static enum next
land(struct call *c)
{
	struct callback *own = c->own;

	return entry_land(c, &own->entry, own->visit.next);
}

static const struct step callback_steps[] = {
	{ "know provider", know_provider },
	{ "take code", take },
	{ "check identity", check },
	{ "find customer", find_customer },
	{ "take customer", take_customer },
	{ "find session", session_find },
	{ "know customer", session_know },
	{ "find subject", find_subject },
	{ "enter", enter },
	{ "land", land },
	{ NULL, NULL }
};

const struct route route_login_callback = {
	.method = "GET", .path = "/login/callback", .steps = callback_steps,
	.own_size = sizeof(struct callback), .kind = ROUTE_PAGE
};
