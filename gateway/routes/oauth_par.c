/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /oauth/par: a PIMS pushes what it would like to ask (RFC 9126).
 *
 * Everything is checked here, once, with the client proven: what the customer
 * will read later is a stored request, never what a browser carries.
 */
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/jw.h"
#include "base/settings.h"
#include "base/text.h"
#include "consent/auth.h"
#include "consent/pace.h"
#include "consent/pushed.h"
#include "consent/refusal.h"
#include "http/call.h"
#include "journal/line.h"
#include "routes/routes.h"

enum { STATE_MAX = 4096, THUMBPRINT_LEN = 43, LOCALES_MAX = 100 };

struct par {
	struct auth auth;		/* first: AUTH_STEPS */
	struct pushed request;
	const char *request_uri;
};

/* ---- what is wrong with it? NULL = nothing; *code is the error ---- */

static const char *
wrong_type(struct call *c, const char **code)
{
	const char *type = call_form_arg(c, "response_type");
	const char *mode = call_form_arg(c, "response_mode");

	if (call_form_arg(c, "request_uri") != NULL)
		return "request_uri cannot be pushed";
	if (call_form_arg(c, "request") != NULL) {
		*code = "request_not_supported";
		return "send the parameters themselves";
	}
	if (type == NULL)
		return "response_type is missing";
	if (strcmp(type, "code") != 0) {
		*code = "unsupported_response_type";
		return "response_type must be code";
	}
	if (mode != NULL && strcmp(mode, "query") != 0)
		return "response_mode must be query";
	return NULL;
}

static const char *
wrong_redirect(struct call *c, struct par *own)
{
	const char *uri = call_form_arg(c, "redirect_uri");
	const char *state = call_form_arg(c, "state");
	const char *locales = call_form_arg(c, "ui_locales");

	if (uri == NULL)
		return "redirect_uri is missing";
	if (!client_redirects_to(own->auth.client, uri))
		return "redirect_uri is not one registered for this client";
	if (state != NULL && strlen(state) > STATE_MAX)
		return "state is over 4096 bytes";
	if (locales != NULL && strlen(locales) > LOCALES_MAX)
		return "ui_locales is over 100 bytes";
	own->request.redirect_uri = uri;
	own->request.state = state;
	own->request.ui_locales = locales;
	return NULL;
}

static const char *
wrong_challenge(struct call *c, struct par *own)
{
	const char *challenge = call_form_arg(c, "code_challenge");
	const char *method = call_form_arg(c, "code_challenge_method");
	uint8_t bytes[32];

	if (challenge == NULL)
		return "code_challenge is missing (PKCE, RFC 7636)";
	if (method == NULL || strcmp(method, "S256") != 0)
		return "code_challenge_method must be S256";
	if (b64url_decode(bytes, sizeof(bytes), challenge, strlen(challenge)) !=
	    (int)sizeof(bytes))
		return "code_challenge must be 32 bytes in base64url";
	own->request.challenge = challenge;
	return NULL;
}

/* The code will be bound to this key (RFC 9449 10). */
static const char *
wrong_key(struct call *c, struct par *own)
{
	const char *jkt = call_form_arg(c, "dpop_jkt");

	if (jkt != NULL && strlen(jkt) != THUMBPRINT_LEN)
		return "dpop_jkt must be a SHA-256 thumbprint in base64url";
	if (jkt != NULL && own->auth.proved &&
	    strcmp(jkt, own->auth.dpop.jkt) != 0)
		return "dpop_jkt is not the key of the DPoP proof";
	own->request.dpop_jkt = own->auth.proved ? own->auth.dpop.jkt : jkt;
	return NULL;
}

static const char *
wrong_scope(struct call *c, struct par *own, const char **code)
{
	const char *json = call_form_arg(c, "authorization_details");
	const char *scope = call_form_arg(c, "scope"), *why;
	struct details *d = &own->request.details;

	*code = "invalid_authorization_details";
	if (json != NULL &&
	    details_read(d, c->arena, c->house->catalogue, json, &why) < 0)
		return why;
	if (d->until != NULL && d->until_us <= clock_us())
		return "until is in the past";
	for (size_t i = 0; i < d->n; i++)
		if (!client_may_ask(own->auth.client, d->list[i].dataset))
			return "this client is not registered for all of these data "
			    "sets";
	*code = "invalid_scope";
	if (scope != NULL && details_read_scope(d, c->arena,
	    c->house->catalogue, scope, &why) < 0)
		return why;
	if (d->n == 0)
		return "name data sets by authorization_details or by scope";
	for (size_t i = 0; i < d->n; i++)
		if (!client_may_ask(own->auth.client, d->list[i].dataset))
			return "this client is not registered for all of these data "
			    "sets";
	return NULL;
}

/* Each request is a row for some hours: one client, however busy, is far from
 * this; one gone wild is held back, and the others do not notice. */
static enum next
hold_back(struct call *c)
{
	static struct pace pace;

	return auth_hold_back(c, &pace, c->house->settings->par_calls_per_second);
}

static enum next
store(struct call *c)
{
	struct par *own = c->own;
	const char *code = "invalid_request", *why;

	if ((why = wrong_type(c, &code)) == NULL &&
	    (why = wrong_redirect(c, own)) == NULL &&
	    (why = wrong_challenge(c, own)) == NULL &&
	    (why = wrong_key(c, own)) == NULL)
		why = wrong_scope(c, own, &code);
	if (why != NULL)
		return call_refuse(c, 400, code, "%s", why);
	return pushed_store(c, own->auth.client, &own->request,
	    &own->request_uri);
}

/* Grant Management: which consent is to be changed, if any? */
static const char *
wrong_action(struct call *c, struct par *own, const char **code)
{
	static const char *const names[] = { "create", "merge", "replace" };
	const char *action = call_form_arg(c, "grant_management_action");
	const char *grant = call_form_arg(c, "grant_id");
	size_t i = 0;

	*code = "invalid_request";
	while (action != NULL && i < countof(names) &&
	    strcmp(action, names[i]) != 0)
		i++;
	if (i == countof(names))
		return "grant_management_action is create, merge or replace";
	own->request.action = (enum pushed_action)i;
	if ((grant != NULL) != (own->request.action != PUSHED_CREATE))
		return "grant_id goes with merge and replace, and only with them";
	*code = "invalid_grant_id";
	if (grant != NULL && uuid_parse(&own->request.grant, grant) < 0)
		return "there is no such consent of this client, or it has ended";
	return NULL;
}

/* Is it this client's, alive, and for the same purpose? */
static enum next
know_grant(struct call *c)
{
	struct par *own = c->own;
	const char *code, *why = wrong_action(c, own, &code);
	struct params p;

	if (why != NULL)
		return call_refuse(c, 400, code, "%s", why);
	if (own->request.action == PUSHED_CREATE)
		return call_goto(c, "store");
	params_init(&p);
	params_uuid(&p, &own->request.grant);
	params_text(&p, own->auth.client->id);
	return call_ask(c, c->house->db, SQL_GRANT_MANAGED, &p);
}

/* One consent has one purpose: what is added to it is for the same. */
static bool
same_purpose(struct call *c, const char *details)
{
	const char *asked = call_form_arg(c, "authorization_details");
	struct details before, now;
	const char *why;

	if (asked == NULL || details_read(&now, c->arena, NULL, asked,
	    &why) < 0 || now.purpose == NULL)
		return true;
	return details_read(&before, c->arena, NULL, details, &why) == 0 &&
	    before.purpose != NULL &&
	    strcmp(before.purpose, now.purpose) == 0;
}

static enum next
check_grant(struct call *c)
{
	struct par *own = c->own;

	if (rows_count(c->rows) == 0)
		return call_refuse(c, 400, "invalid_grant_id",
		    "there is no such consent of this client, or it has ended");
	if (own->request.action == PUSHED_MERGE &&
	    !same_purpose(c, row_text(c->rows, 0, "details")))
		return call_refuse(c, 400, "invalid_authorization_details",
		    "what is merged has the purpose of the consent it is merged "
		    "into: ask for a new one, or replace it");
	return NEXT;
}

static enum next
answer(struct call *c)
{
	struct par *own = c->own;
	struct buf out;
	struct jw w;

	buf_init_in(&out, c->arena);
	jw_init(&w, &out);
	jw_object(&w);
	jw_str_member(&w, "request_uri", own->request_uri);
	jw_int_member(&w, "expires_in", PUSHED_LIFE_S);
	jw_end_object(&w);
	return call_answer_buf(c, 201, "application/json", &out);
}

/* Asked by a client that proved itself, and not taken. */
static void
on_end(struct call *c, bool sent UNUSED)
{
	struct par *own = c->own;
	struct line line = { .event = "consent.request_refused",
	    .to = own->auth.client->id };

	refusal_note(c, own->auth.client->id, &line);
}

static enum next
watch_refusal(struct call *c)
{
	call_on_end(c, on_end);
	return NEXT;
}

static const struct step par_steps[] = {
	AUTH_STEPS,
	{ "watch refusal", watch_refusal },
	{ "hold back", hold_back },
	{ "know the grant", know_grant },
	{ "check the grant", check_grant },
	{ "store", store },
	{ "answer", answer },
	{ NULL, NULL }
};

const struct route route_oauth_par = {
	.method = "POST", .path = "/oauth/par", .steps = par_steps,
	.own_size = sizeof(struct par), .body_max = 32768, .kind = ROUTE_OAUTH
};
