/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pims_cozy.c - a customer's Cozy, as cozy-stack answers (web/auth): letting us
 * in, renewing our keys, leaving. Documents are in pims_cozy_data.c.
 *
 * begin: we register with this very Cozy, just before the customer goes there,
 * since it forgets clients that nobody lets in; the redirect address names the
 * grant, so that a refusal (which comes back without state) finds its way and
 * two Cozies can never be mixed up (RFC 9700 4.4.2.2).
 * Token trouble is a 400 there, with plain words; renewing is tried once.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/jw.h"
#include "base/settings.h"
#include "base/text.h"
#include "catalogue/catalogue.h"
#include "crypto/hash.h"
#include "http/house.h"
#include "push/destination.h"
#include "push/pims_cozy.h"

static const char *
url_of(struct errand *e, const char *path)
{
	return arena_printf(e->arena, "%s%s", e->to->address, path);
}

const char *
cozy_secret(struct errand *e, const char *name)
{
	const char *value = destination_text(e->to->secret, name);

	return value == NULL ? "" : value;
}

static const char *
redirect_uri(struct errand *e)
{
	return arena_printf(e->arena, "%s/connect/callback/%s",
	    e->house->settings->public_url, e->to->grant_text);
}

/* ---- begin: register, then where to approve ---- */

static const char *
registration(struct errand *e)
{
	const struct settings *s = e->house->settings;
	struct buf b;
	struct jw w;

	buf_init_in(&b, e->arena);
	jw_init(&w, &b);
	jw_object(&w);
	jw_key(&w, "redirect_uris");
	jw_array(&w);
	jw_string(&w, redirect_uri(e));
	jw_end_array(&w);
	jw_str_member(&w, "client_name", s->organisation_name);
	jw_str_member(&w, "software_id", s->public_url);
	jw_str_member(&w, "client_kind", "web");
	jw_str_member(&w, "client_uri", s->public_url);
	if (s->organisation_privacy_url[0] != '\0')
		jw_str_member(&w, "policy_uri", s->organisation_privacy_url);
	jw_end_object(&w);
	return b.data;
}

/* Least rights: these kinds only; creation is POST there, even by PUT. */
static const char *
scope(struct errand *e)
{
	struct buf b;

	buf_init_in(&b, e->arena);
	for (const char *const *id = e->to->datasets; *id != NULL; id++) {
		const struct dataset *d = dataset_spoken(e->house->catalogue,
		    *id);

		if (d != NULL && d->schema->doctype != NULL)
			buf_printf(&b, "%s%s:GET,POST,PUT",
			    b.len > 0 ? " " : "", d->schema->doctype);
	}
	return b.data == NULL ? "" : b.data;
}

static void
query(struct buf *b, const char *name, const char *value)
{
	buf_printf(b, "&%s=", name);
	percent_encode(b, value);
}

static void
approve_at(struct errand *e)
{
	char verifier[48], state[48], challenge[48];
	uint8_t sum[SHA256_SIZE];
	struct buf b;

	random_token(verifier, 32);
	random_token(state, 32);
	sha256(sum, verifier, strlen(verifier));
	b64url_encode(challenge, sum, sizeof(sum));
	destination_set_secret(e->to, "verifier", verifier);
	destination_set_secret(e->to, "redirect_state", state);
	buf_init_in(&b, e->arena);
	buf_printf(&b, "%s/auth/authorize?response_type=code", e->to->address);
	query(&b, "client_id", destination_text(e->to->state, "client_id"));
	query(&b, "redirect_uri", redirect_uri(e));
	query(&b, "state", state);
	query(&b, "scope", scope(e));
	query(&b, "code_challenge", challenge);
	query(&b, "code_challenge_method", "S256");
	e->url = b.data;
	errand_end(e, DELIVERED, "registered");
}

static void
on_registered(struct errand *e, const struct http_answer *answer)
{
	json_t *json = errand_json(e, answer);
	const char *id = destination_text(json, "client_id");
	const char *password = destination_text(json, "client_secret");
	const char *token = destination_text(json, "registration_access_token");

	if (answer->status == 404 || answer->status >= 500) {
		errand_end(e, LATER, "registration not possible now");
		return;
	}
	if (answer->status == 308 || answer->status == 410) {
		errand_end(e, MOVED, "moved");
		return;
	}
	if (answer->status != 201 || id == NULL || password == NULL ||
	    token == NULL) {
		errand_end(e, REFUSED, "not a Cozy");
		return;
	}
	destination_set_state(e->to, "client_id", id);
	destination_set_secret(e->to, "client_secret", password);
	destination_set_secret(e->to, "registration_token", token);
	approve_at(e);
}

static void
begin(struct errand *e)
{
	const char *const fields[] = { "Content-Type: application/json",
	    "Accept: application/json", NULL };
	const char *body = registration(e);
	const struct http_request r = { .method = "POST",
	    .url = url_of(e, "/auth/register"), .fields = fields,
	    .body = body, .body_n = strlen(body) };

	if (scope(e)[0] == '\0') {
		errand_end(e, REFUSED, "nothing a Cozy can take");
		return;
	}
	errand_ask(e, &r, on_registered);
}

/* ---- keys: first by code, later by refresh ---- */

static void
form_member(struct buf *b, const char *name, const char *value)
{
	buf_printf(b, "%s%s=", b->len > 0 ? "&" : "", name);
	percent_encode(b, value);
}

static void
ask_token(struct errand *e, const char *type, const char *name,
    const char *value, errand_then *then)
{
	const char *const fields[] = {
	    "Content-Type: application/x-www-form-urlencoded",
	    "Accept: application/json", NULL };
	const char *id = destination_text(e->to->state, "client_id");
	struct http_request r = { .method = "POST",
	    .url = url_of(e, "/auth/access_token"), .fields = fields };
	struct buf b;

	buf_init_in(&b, e->arena);
	form_member(&b, "grant_type", type);
	form_member(&b, name, value);
	form_member(&b, "client_id", id == NULL ? "" : id);
	form_member(&b, "client_secret", cozy_secret(e, "client_secret"));
	if (strcmp(name, "code") == 0)
		form_member(&b, "code_verifier", cozy_secret(e, "verifier"));
	r.body = b.data;
	r.body_n = b.len;
	errand_ask(e, &r, then);
}

/* Takes the keys; false when there are none in it. */
static bool
take_keys(struct errand *e, const struct http_answer *answer)
{
	json_t *json = answer->status == 200 ? errand_json(e, answer) : NULL;
	const char *access = destination_text(json, "access_token");
	const char *refresh = destination_text(json, "refresh_token");

	if (access == NULL)
		return false;
	destination_set_secret(e->to, "access_token", access);
	if (refresh != NULL)		/* only when it changed */
		destination_set_secret(e->to, "refresh_token", refresh);
	return true;
}

/* Their words, not RFC 6749's codes. */
static void
end_without_keys(struct errand *e, const struct http_answer *answer)
{
	static const struct { const char *words; enum outcome outcome;
	    const char *why; } meanings[] = {
	    { "the client must be registered", GONE, "disconnected there" },
	    { "invalid refresh token", REAUTH, "keys refused" },
	    { "invalid client_secret", REAUTH, "keys refused" },
	    { "invalid code", REAUTH, "code refused" } };
	const char *words = destination_text(errand_json(e, answer), "error");

	for (size_t i = 0; words != NULL && answer->status == 400 &&
	    i < countof(meanings); i++)
		if (strncmp(words, meanings[i].words,
		    strlen(meanings[i].words)) == 0) {
			errand_end(e, meanings[i].outcome, meanings[i].why);
			return;
		}
	errand_end_by_status(e, answer);
}

static void
on_redeemed(struct errand *e, const struct http_answer *answer)
{
	if (!take_keys(e, answer)) {
		end_without_keys(e, answer);
		return;
	}
	destination_set_secret(e->to, "verifier", NULL);
	destination_set_secret(e->to, "redirect_state", NULL);
	errand_end(e, DELIVERED, "approved");
}

static void
complete(struct errand *e)
{
	if (e->code == NULL) {
		errand_end(e, REAUTH, "no code");
		return;
	}
	ask_token(e, "authorization_code", "code", e->code, on_redeemed);
}

static void
on_refreshed(struct errand *e, const struct http_answer *answer)
{
	struct cozy_own *own = e->own;

	if (!take_keys(e, answer)) {
		end_without_keys(e, answer);
		return;
	}
	destination_save(e->to, e->house);
	own->again(e);
}

bool
cozy_trouble(struct errand *e, const struct http_answer *answer,
    void (*again)(struct errand *))
{
	struct cozy_own *own = e->own;
	const char *field = http_answer_field(answer, "www-authenticate");

	if (cozy_moved(e, answer, again))
		return true;
	if (answer->status != 401 && (answer->status != 400 || field == NULL ||
	    strstr(field, "invalid_token") == NULL))
		return false;
	if (own->renewed) {
		errand_end(e, REAUTH, "keys refused");
		return true;
	}
	own->renewed = true;
	own->again = again;
	ask_token(e, "refresh_token", "refresh_token",
	    cozy_secret(e, "refresh_token"), on_refreshed);
	return true;
}

/* ---- check and leave ---- */

void
cozy_ask_registration(struct errand *e, const char *method, errand_then *then)
{
	const char *id = destination_text(e->to->state, "client_id");
	const char *const fields[] = { "Accept: application/json",
	    errand_field(e, "Authorization", arena_printf(e->arena, "Bearer %s",
		cozy_secret(e, "registration_token"))), NULL };
	const struct http_request r = { .method = method, .fields = fields,
	    .url = arena_printf(e->arena, "%s/auth/register/%s",
		e->to->address, id == NULL ? "" : id) };

	errand_ask(e, &r, then);
}

static void look(struct errand *);

static void
on_checked(struct errand *e, const struct http_answer *answer)
{
	if (cozy_moved(e, answer, look))
		return;
	if (answer->status == 200)
		errand_end(e, DELIVERED, "connected");
	else if (answer->status == 404 || answer->status == 401)
		errand_end(e, GONE, "disconnected there");
	else if (answer->status == 403 || answer->status == 409)
		errand_end_as(e, answer, LATER);
	else
		errand_end_by_status(e, answer);
}

static void
look(struct errand *e)
{
	cozy_ask_registration(e, "GET", on_checked);
}

static void
check(struct errand *e)
{
	e->own = arena_alloc(e->arena, sizeof(struct cozy_own));
	look(e);
}

static void depart(struct errand *);

static void
on_left(struct errand *e, const struct http_answer *answer)
{
	if (cozy_moved(e, answer, depart))
		return;
	if (answer->status == 204 || answer->status == 404 ||
	    answer->status == 401)
		errand_end(e, DELIVERED, "unregistered");
	else
		errand_end_by_status(e, answer);
}

static void
depart(struct errand *e)
{
	cozy_ask_registration(e, "DELETE", on_left);
}

static void
leave(struct errand *e)
{
	e->own = arena_alloc(e->arena, sizeof(struct cozy_own));
	if (cozy_secret(e, "registration_token")[0] == '\0')
		errand_end(e, ALREADY, "never registered");
	else
		depart(e);
}

const struct connector connector_cozy = {
	"cozy", begin, complete, cozy_deliver, check, leave
};
