/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET and POST /login: synthetic people sign in ([login] mode = demo).
 *
 * The form carries a random token that a cookie repeats, so that nobody can
 * sign a visitor in as somebody else from another site. Afterwards the
 * customer lands on ?next=, which can only be a path of ours. A first sign-in
 * makes the subject: a random id, and a random key that tags her journal lines.
 */
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/settings.h"
#include "base/text.h"
#include "consent/client.h"
#include "consent/session.h"
#include "crypto/hash.h"
#include "crypto/password.h"
#include "http/call.h"
#include "journal/line.h"
#include "pages/door_page.h"
#include "pages/layout.h"
#include "pages/words.h"
#include "routes/routes.h"

#define COOKIE "__Host-guichet-login"

struct login {
	const char *next, *customer, *name;
	char cookie[44];
	struct subject_ref subject;
	struct line_row line;
};

/* ---- the form ---- */

static enum next
show(struct call *c, const char *next, const char *login, const char *client,
    bool refused)
{
	char token[44];
	struct login_view v = {
		.organisation = c->house->settings->organisation_name,
		.next = next,
		.login = login,
		.client = client,
		.refused = refused,
		.token = token
	};
	struct layout l;

	random_token(token, 32);
	call_reply_field(c, "Set-Cookie", COOKIE "=%s; Path=/; Secure; HttpOnly; "
	    "SameSite=Strict; Max-Age=3600", token);
	layout_init(&l, c, call_lang(c));
	layout_begin(&l, "login.title");
	login_page(&l.h, &v);
	return layout_end(&l, refused ? 422 : 200);
}

static enum next
refuse_unless_open(struct call *c)
{
	if (strcmp(c->house->settings->login_mode, "demo") != 0)
		return call_refuse(c, 404, "login_off",
		    "signing in is not open on this counter");
	return NEXT;
}

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

	return id == NULL ? NEXT : client_find(c, c->own, id);
}

static enum next
show_form(struct call *c)
{
	const char *next = session_next(call_query_arg(c, "next"), "/me");
	const struct client *client = asking(c, next) == NULL ? NULL :
	    client_found(c, c->own);

	return show(c, next, NULL, client == NULL ? NULL : client->name, false);
}

static const struct step login_steps[] = {
	{ "is it open", refuse_unless_open },
	{ "find client", find_client },
	{ "show", show_form },
	{ NULL, NULL }
};

const struct route route_login = {
	.method = "GET", .path = "/login", .steps = login_steps,
	.own_size = sizeof(struct client_search), .kind = ROUTE_PAGE
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

static enum next
find_customer(struct call *c)
{
	struct login *own = c->own;
	const char *login = call_form_arg(c, "login");
	struct params p;

	own->next = session_next(call_form_arg(c, "next"), "/me");
	if (login == NULL || call_form_arg(c, "password") == NULL)
		return show(c, own->next, login, NULL, true);
	params_init(&p);
	params_text(&p, login);
	return call_ask(c, c->house->db, SQL_CUSTOMER_FIND, &p);
}

/* The subject as stored, or a new one. */
static void
take_subject(struct call *c, struct subject_ref *s)
{
	size_t n;
	const uint8_t *key = row_bytes(c->rows, 0, "key", &n);

	if (key != NULL && n == sizeof(s->key)) {
		row_uuid(c->rows, 0, "subject", &s->id);
		memcpy(s->key, key, n);
	} else {
		uuid_make(&s->id);
		random_bytes(s->key, sizeof(s->key));
	}
}

static enum next
check_password(struct call *c)
{
	struct login *own = c->own;
	const char *login = call_form_arg(c, "login");
	const uint8_t *kept = NULL;
	size_t n = 0;

	if (rows_count(c->rows) == 1)
		kept = row_bytes(c->rows, 0, "password_hash", &n);
	if (!password_is(call_form_arg(c, "password"), kept, n))
		return show(c, own->next, login, NULL, true);
	own->customer = arena_strdup(c->arena, row_text(c->rows, 0, "customer"));
	own->name = arena_strdup(c->arena, row_text(c->rows, 0, "name"));
	take_subject(c, &own->subject);
	return NEXT;
}

/* Session, subject and journal line by one statement; an older session of the
 * same browser ends, and its cookie is replaced (no fixation). */
static enum next
enter(struct call *c)
{
	struct login *own = c->own;
	struct line line = { .event = "customer.login", .records = -1,
	    .bytes = -1, .actor = "customer", .subject = &own->subject,
	    .call = c->id };
	int64_t life = c->house->settings->session_minutes * 60 * 1000000;
	uint8_t hash[SHA256_SIZE];
	struct params p;

	random_token(own->cookie, 32);
	sha256(hash, own->cookie, strlen(own->cookie));
	line_make(&own->line, c->arena, &line);
	params_init(&p);
	params_bytes(&p, hash, sizeof(hash));
	params_bytes(&p, c->session == NULL ? NULL : c->session->hash,
	    sizeof(hash));
	params_time(&p, clock_us() + life);
	params_uuid(&p, &own->subject.id);
	params_text(&p, own->customer);
	params_bytes(&p, own->subject.key, sizeof(own->subject.key));
	params_text(&p, lang_codes[call_lang(c)]);
	params_text(&p, own->name);
	line_params(&p, &own->line);
	return call_ask(c, c->house->db, SQL_CUSTOMER_ENTER, &p);
}

static enum next
land(struct call *c)
{
	struct login *own = c->own;

	if (rows_count(c->rows) == 0)	/* her first sign-in, twice at once */
		return call_refuse(c, 503, "try_later", "please sign in again");
	call_reply_field(c, "Set-Cookie", SESSION_COOKIE "=%s; Path=/; Secure; "
	    "HttpOnly; SameSite=Lax", own->cookie);
	return call_redirect(c, own->next);
}

static const struct step login_post_steps[] = {
	{ "is it open", refuse_unless_open },
	{ "check form", check_form },
	{ "find session", session_find },
	{ "know customer", session_know },
	{ "find customer", find_customer },
	{ "check password", check_password },
	{ "enter", enter },
	{ "land", land },
	{ NULL, NULL }
};

const struct route route_login_post = {
	.method = "POST", .path = "/login", .steps = login_post_steps,
	.own_size = sizeof(struct login), .body_max = 4096, .kind = ROUTE_PAGE
};
