/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET and POST /login: a customer signs in.
 *
 * With [login] mode = oidc she is sent to the organisation's provider and comes
 * back by /login/callback. With mode = demo, synthetic people type a password;
 * in a sandbox one signs in as any of them by a button.
 * That form carries a random token that a cookie repeats, so that nobody can
 * sign a visitor in as somebody else from another site. Wrong passwords of one
 * login, or from one address, are counted for all workers, then paused.
 * Afterwards the customer lands on ?next=, which can only be a path of ours.
 */
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/settings.h"
#include "base/text.h"
#include "consent/client.h"
#include "consent/entry.h"
#include "consent/oidc.h"
#include "crypto/hash.h"
#include "crypto/password.h"
#include "http/call.h"
#include "journal/line.h"
#include "pages/door_page.h"
#include "pages/layout.h"
#include "pages/words.h"
#include "routes/routes.h"

#define COOKIE "__Host-guichet-login"

enum { PER_ADDRESS = 10 };	/* times what one login may fail */

struct login {
	const char *next, *login;
	uint8_t login_hash[SHA256_SIZE], peer_hash[SHA256_SIZE];
	struct entry entry;
	struct line_row line;
};

struct login_get {
	struct client_search search;
	const struct client *client;	/* who asks, or NULL */
};

/* ---- the form ---- */

static enum next
show(struct call *c, const char *next, const char *login, const char *client,
    bool refused)
{
	char token[44];
	struct rows *people = c->house->settings->sandbox && !refused ? c->rows :
	    NULL;
	struct login_view v = {
		.people = people,
		.organisation = c->house->settings->organisation_name,
		.next = next,
		.login = login,
		.client = client,
		.refused = refused,
		.token = token
	};
	struct layout l;

	session_form_token(c, COOKIE, token);
	layout_init(&l, c, call_lang(c));
	layout_begin(&l, "login.title");
	login_page(&l.h, &v);
	return layout_end(&l, refused ? 422 : 200);
}

static bool
mode_is(const struct call *c, const char *mode)
{
	return strcmp(c->house->settings->login_mode, mode) == 0;
}

static enum next
refuse_unless_open(struct call *c)
{
	if (mode_is(c, "off"))
		return call_refuse(c, 404, "login_off",
		    "signing in is not open on this counter");
	return NEXT;
}

static enum next
refuse_unless_demo(struct call *c)
{
	if (!mode_is(c, "demo"))
		return call_refuse(c, 404, "login_off",
		    "nobody signs in by a password here");
	return NEXT;
}

/* ---- to the provider ---- */

static enum next
know_provider(struct call *c)
{
	return mode_is(c, "oidc") ? oidc_know(c, c->house->login) : NEXT;
}

static enum next
go_there(struct call *c)
{
	const char *age = call_query_arg(c, "max_age");
	struct oidc_wish wish = {
		.next = session_next(call_query_arg(c, "next"), "/me"),
		.acr = call_query_arg(c, "acr"),
		.max_age_s = -1,
		.lang = lang_codes[call_lang(c)]
	};

	if (!mode_is(c, "oidc"))
		return NEXT;
	if (!oidc_known(c->house->login)) {
		call_reply_field(c, "Retry-After", "10");
		return call_refuse(c, 503, "login_away",
		    "the organisation's sign-in cannot be reached");
	}
	if (wish.acr != NULL && strlen(wish.acr) > 200)
		wish.acr = NULL;
	if (age != NULL && parse_int(&wish.max_age_s, age, 0, 86400) < 0)
		wish.max_age_s = 0;
	return call_redirect(c, oidc_leave(c, c->house->login, &wish));
}

/* ---- the form of synthetic people ---- */

/* Whose request brought her here: the client_id of the consent page's address
 * in next, or NULL. */
static const char *
asking(struct call *c, const char *next)
{
	static const char page[] = "/oauth/authorize?", name[] = "client_id=";

	if (strncmp(next, page, sizeof(page) - 1) != 0)
		return NULL;
	for (next += sizeof(page) - 1; *next != '\0'; next += *next == '&') {
		size_t n = strcspn(next, "&"), skip = sizeof(name) - 1;

		if (n > skip && strncmp(next, name, skip) == 0)
			return percent_decode(c->arena, next + skip, n - skip,
			    true);
		next += n;
	}
	return NULL;
}

static enum next
find_client(struct call *c)
{
	const char *next = session_next(call_query_arg(c, "next"), "/me");
	const char *id = asking(c, next);

	return id == NULL ? NEXT : client_find(c,
	    &((struct login_get *)c->own)->search, id);
}

static enum next
know_client(struct call *c)
{
	struct login_get *own = c->own;
	const char *next = session_next(call_query_arg(c, "next"), "/me");

	if (asking(c, next) != NULL)
		own->client = client_found(c, &own->search);
	return c->house->settings->sandbox ? call_ask(c, c->house->db,
	    SQL_SANDBOX_PEOPLE, PARAMS_NONE) : NEXT;
}

static enum next
show_form(struct call *c)
{
	const struct login_get *own = c->own;
	const char *next = session_next(call_query_arg(c, "next"), "/me");

	return show(c, next, NULL, own->client == NULL ? NULL :
	    own->client->name, false);
}

static const struct step login_steps[] = {
	{ "is it open", refuse_unless_open },
	{ "know provider", know_provider },
	{ "go there", go_there },
	{ "find client", find_client },
	{ "know client", know_client },
	{ "show", show_form },
	{ NULL, NULL }
};

const struct route route_login = {
	.method = "GET", .path = "/login", .steps = login_steps,
	.own_size = sizeof(struct login_get), .kind = ROUTE_PAGE
};

/* ---- its answer ---- */

static enum next
check_form(struct call *c)
{
	const char *token = call_form_arg(c, "token");
	const char *cookie = call_cookie(c, COOKIE);

	if (token == NULL || cookie == NULL || strlen(token) < 43 ||
	    strlen(token) != strlen(cookie) ||
	    !same_bytes(token, cookie, strlen(token)))
		return call_refuse(c, 403, "bad_form",
		    "the form came from another place, or was too old");
	return NEXT;
}

static void
hash_of(uint8_t out[SHA256_SIZE], const char *what, const char *who)
{
	const struct piece pieces[] = { { what, strlen(what) + 1 },
	    { who, strlen(who) } };

	sha256_pieces(out, pieces, 2);
}

static enum next
ask_failures(struct call *c)
{
	struct login *own = c->own;
	struct params p;

	own->login = call_form_arg(c, "login");
	own->next = session_next(call_form_arg(c, "next"), "/me");
	if (own->login == NULL || (call_form_arg(c, "password") == NULL &&
	    !c->house->settings->sandbox))
		return show(c, own->next, own->login, NULL, true);
	hash_of(own->login_hash, "login", own->login);
	hash_of(own->peer_hash, "address", c->peer);
	params_init(&p);
	params_bytes(&p, own->login_hash, SHA256_SIZE);
	params_bytes(&p, own->peer_hash, SHA256_SIZE);
	return call_ask(c, c->house->db, SQL_LOGIN_FAILURES, &p);
}

static enum next
find_customer(struct call *c)
{
	struct login *own = c->own;
	int64_t max = c->house->settings->login_failures_max;
	struct params p;

	if (row_int(c->rows, 0, "login") >= max ||
	    row_int(c->rows, 0, "address") >= max * PER_ADDRESS) {
		call_reply_field(c, "Retry-After", "%lld",
		    (long long)row_int(c->rows, 0, "wait"));
		return call_refuse(c, 429, "login_paused",
		    "too many wrong passwords: please wait a quarter of an hour");
	}
	params_init(&p);
	params_text(&p, own->login);
	return call_ask(c, c->house->db, SQL_CUSTOMER_FIND, &p);
}

/* NEXT when it is right; else the failure is counted. */
static enum next
check_password(struct call *c)
{
	struct login *own = c->own;
	struct line line = { .event = "customer.login_failed", .records = -1,
	    .bytes = -1, .actor = "customer", .call = c->id };
	const uint8_t *kept = NULL;
	struct params p;
	size_t n = 0;

	if (rows_count(c->rows) == 1)
		kept = row_bytes(c->rows, 0, "password_hash", &n);
	if (kept != NULL && (c->house->settings->sandbox ||
	    password_is(call_form_arg(c, "password"), kept, n))) {
		own->entry.customer = row_text(c->rows, 0, "customer");
		own->entry.name = row_text(c->rows, 0, "name");
		own->entry.auth_time_us = clock_us();
		return NEXT;
	}
	line_make(&own->line, c->arena, &line);
	params_init(&p);
	params_bytes(&p, own->login_hash, SHA256_SIZE);
	params_bytes(&p, own->peer_hash, SHA256_SIZE);
	line_params(&p, &own->line);
	return call_ask(c, c->house->db, SQL_LOGIN_FAILED, &p);
}

static enum next
find_subject(struct call *c)
{
	struct login *own = c->own;

	if (own->entry.customer == NULL)
		return show(c, own->next, own->login, NULL, true);
	return entry_find(c, &own->entry);
}

static enum next
enter(struct call *c)
{
	struct login *own = c->own;

	return entry_make(c, &own->entry);
}

static enum next
land(struct call *c)
{
	struct login *own = c->own;

	return entry_land(c, &own->entry, own->next);
}

static const struct step login_post_steps[] = {
	{ "is it open", refuse_unless_demo },
	{ "check form", check_form },
	{ "find session", session_find },
	{ "know customer", session_know },
	{ "ask failures", ask_failures },
	{ "find customer", find_customer },
	{ "check password", check_password },
	{ "find subject", find_subject },
	{ "enter", enter },
	{ "land", land },
	{ NULL, NULL }
};

const struct route route_login_post = {
	.method = "POST", .path = "/login", .steps = login_post_steps,
	.own_size = sizeof(struct login), .body_max = 4096, .kind = ROUTE_PAGE
};
