/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET and POST /staff/login: a colleague signs in.
 *
 * With [login] mode = oidc she is sent to the organisation's provider and comes
 * back by /staff/login/callback. With mode = demo, synthetic colleagues type a
 * password. As for customers (login.c), a random token repeated by a cookie keeps other
 * sites from signing a visitor in. Attempts are paced per name and per address;
 * one that fails is a line of the journal, as is one that succeeds.
 */
#include <string.h>
#include "base/arena.h"
#include "base/settings.h"
#include "consent/oidc.h"
#include "consent/pace.h"
#include "consent/session.h"
#include "consent/staff.h"
#include "crypto/hash.h"
#include "crypto/password.h"
#include "pages/layout.h"
#include "pages/staff_page.h"
#include "pages/words.h"
#include "routes/routes.h"

#define COOKIE "__Host-guichet-staff-login"

static enum next
show(struct call *c, const char *next, const char *login, bool refused)
{
	char token[44];
	struct staff_login_view v = {
		.organisation = c->house->settings->organisation_name,
		.next = next,
		.login = login,
		.refused = refused,
		.token = token
	};
	struct layout l;

	session_form_token(c, COOKIE, token);
	layout_init(&l, c, call_lang(c));
	layout_begin(&l, "staff.login.title");
	staff_login_page(&l.h, &v);
	return layout_end(&l, refused ? 422 : 200);
}

static enum next
refuse_unless_demo(struct call *c)
{
	if (strcmp(c->house->settings->login_mode, "demo") == 0)
		return NEXT;
	return call_refuse(c, 404, "login_off",
	    "signing in is not open on this counter");
}

static enum next
know_provider(struct call *c)
{
	struct oidc *o = c->house->staff_login;

	return o == NULL ? refuse_unless_demo(c) : oidc_know(c, o);
}

static enum next
go_there(struct call *c)
{
	const struct oidc *o = c->house->staff_login;
	const struct oidc_wish wish = {
		.next = staff_next(call_query_arg(c, "next")),
		.max_age_s = -1,
		.lang = lang_codes[call_lang(c)]
	};

	if (o == NULL)
		return NEXT;
	if (oidc_known(o))
		return call_redirect(c, oidc_leave(c, o, &wish));
	call_reply_field(c, "Retry-After", "10");
	return call_refuse(c, 503, "login_away",
	    "the organisation's sign-in cannot be reached");
}

static enum next
show_form(struct call *c)
{
	return show(c, staff_next(call_query_arg(c, "next")), NULL, false);
}

static const struct step login_steps[] = {
	{ "know provider", know_provider },
	{ "go there", go_there },
	{ "show", show_form },
	{ NULL, NULL }
};

const struct route route_staff_login = {
	.method = "GET", .path = "/staff/login", .steps = login_steps,
	.kind = ROUTE_PAGE
};

/* ---- its answer ---- */

struct login {
	struct staff_arrival who;
	const char *login, *password;
	bool wrong;
};

static enum next
check_form(struct call *c)
{
	struct login *own = c->own;
	const char *token = call_form_arg(c, "token");
	const char *cookie = call_cookie(c, COOKIE);

	if (token == NULL || cookie == NULL || strlen(token) < 43 ||
	    strlen(token) != strlen(cookie) ||
	    !same_bytes(token, cookie, strlen(token)))
		return call_refuse(c, 403, "bad_form",
		    "the form came from another place, or was too old");
	own->login = call_form_arg(c, "login");
	own->password = call_form_arg(c, "password");
	own->who.next = staff_next(call_form_arg(c, "next"));
	if (own->login == NULL || own->password == NULL)
		return show(c, own->who.next, own->login, true);
	return NEXT;
}

/* Ten at once, then one every six seconds, per worker: enough for people who
 * mistype, too slow for whoever guesses. */
static enum next
hold_back(struct call *c)
{
	static struct pace names = { .per_second = 1.0 / 6, .burst = 10 },
	    peers = { .per_second = 1.0 / 6, .burst = 30 };
	struct login *own = c->own;

	if (pace_allows(&names, own->login) && pace_allows(&peers, c->peer))
		return NEXT;
	call_reply_field(c, "Retry-After", "60");
	return call_refuse(c, 429, "too_many_attempts",
	    "too many attempts to sign in; please wait a minute");
}

static enum next
seek(struct call *c)
{
	struct login *own = c->own;

	own->who.issuer = "demo";
	own->who.subject = own->login;
	return staff_seek(c, own->who.issuer, own->who.subject);
}

static enum next
check_password(struct call *c)
{
	struct login *own = c->own;
	struct staff_arrival *who = &own->who;

	staff_arrive(c, who);
	own->wrong = !password_is(own->password, who->password_hash,
	    who->password_hash_n) || who->disabled;
	if (!own->wrong)
		return NEXT;
	return staff_refused(c, who->known ? &who->id : NULL,
	    who->disabled ? "disabled" : "password");
}

static enum next
enter(struct call *c)
{
	struct login *own = c->own;

	if (own->wrong)
		return show(c, own->who.next, own->login, true);
	return staff_enter(c, &own->who);
}

static enum next
land(struct call *c)
{
	struct login *own = c->own;

	return staff_land(c, &own->who);
}

static const struct step login_post_steps[] = {
	{ "is it open", refuse_unless_demo },
	{ "check form", check_form },
	{ "hold back", hold_back },
	{ "find staff", staff_find },
	{ "know staff", staff_know },
	{ "who is it", seek },
	{ "check password", check_password },
	{ "enter", enter },
	{ "land", land },
	{ NULL, NULL }
};

const struct route route_staff_login_post = {
	.method = "POST", .path = "/staff/login", .steps = login_post_steps,
	.own_size = sizeof(struct login), .body_max = 4096, .kind = ROUTE_PAGE
};
