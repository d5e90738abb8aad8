/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oidc_visit.c - somebody comes back from the provider: is it she, and who?
 *
 * Core 3.1.3.7, in its order: the answer belongs to this browser's visit
 * (state, sealed cookie, iss of RFC 9207), the code was ours to exchange, the
 * id_token is signed by a key of the provider, for us, now, for this nonce, and
 * as strongly and recently as was asked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "consent/assertion.h"
#include "consent/oidc_own.h"
#include "crypto/hash.h"
#include "crypto/keys.h"

enum { SKEW_S = 60, ASSERTION_S = 60, ANSWER_MS = 10000, CODE_MAX = 2000 };

static enum next
no(struct oidc_visit *v, const char *why)
{
	v->why = why;
	return NEXT;
}

static void
drop_json(void *j)
{
	json_decref(j);
}

/* ---- is it this browser's visit? ---- */

static json_t *
carried(struct call *c, const struct oidc *o)
{
	const char *cookie = call_cookie(c, o->cookie);
	char *text;
	json_t *j;
	size_t n;

	if (cookie == NULL)
		return NULL;
	text = unseal(o->own_keys, c->arena, o->cookie, cookie, &n);
	j = text == NULL ? NULL : json_loadb(text, n, 0, NULL);
	if (j != NULL)
		arena_defer(c->arena, drop_json, j);
	if (json_integer_value(json_object_get(j, "until")) < clock_s())
		return NULL;
	return j;
}

static bool
same_text(const char *a, const char *b)
{
	return a != NULL && b != NULL && strlen(a) == strlen(b) &&
	    same_bytes(a, b, strlen(a));
}

/* The cookie serves once, whatever comes of it. */
static const char *
check_return(struct call *c, struct oidc_visit *v)
{
	const struct oidc *o = v->oidc;
	const char *iss = call_query_arg(c, "iss");
	json_t *j = carried(c, o);

	call_reply_field(c, "Set-Cookie", "%s=; Path=/; Secure; HttpOnly; "
	    "SameSite=Lax; Max-Age=0", o->cookie);
	if (j == NULL)
		return "no visit";
	if (!same_text(call_query_arg(c, "state"),
	    json_string_value(json_object_get(j, "state"))))
		return "state";
	v->next = json_string_value(json_object_get(j, "next"));
	v->acr = json_string_value(json_object_get(j, "acr"));
	v->max_age_s = json_integer_value(json_object_get(j, "max_age"));
	v->nonce = json_string_value(json_object_get(j, "nonce"));
	v->verifier = json_string_value(json_object_get(j, "verifier"));
	if ((o->says_iss || iss != NULL) && !same_text(iss, o->o.issuer))
		return "iss";
	if (call_query_arg(c, "error") != NULL)
		return "refused";
	v->code = call_query_arg(c, "code");
	return v->code == NULL || strlen(v->code) > CODE_MAX ? "no code" : NULL;
}

/* ---- the tokens ---- */

struct asking { struct call *call; struct oidc_visit *visit; };

static void
on_asked(const struct http_answer *answer, void *arg)
{
	struct asking *a = arg;

	a->visit->job = NULL;
	a->visit->status = answer->failure == 0 ? answer->status : 0;
	a->visit->answer = arena_strndup(a->call->arena, answer->body,
	    answer->body_n);
	if (answer->failure != 0)
		log_warning("call=%s the sign-in provider did not answer "
		    "cause=\"%s\"", a->call->id, answer->why);
	call_wake(a->call, 0);
}

static void
forget(void *arg)
{
	struct asking *a = arg;

	if (a->visit->job != NULL)
		http_forget(a->visit->job);
	a->visit->job = NULL;
}

static enum next
ask(struct call *c, struct oidc_visit *v, const struct http_request *r)
{
	struct asking *a = arena_alloc(c->arena, sizeof(*a));

	a->call = c;
	a->visit = v;
	v->job = http_ask(v->oidc->client, r, on_asked, a);
	return call_wait(c, forget, a);
}

static void
add(struct buf *form, const char *name, const char *value)
{
	buf_printf(form, "%s%s=", form->len > 0 ? "&" : "", name);
	percent_encode(form, value);
}

/* RFC 6749 2.3.1: both are form-encoded before base64. */
static const char *
basic(struct arena *a, const struct oidc *o)
{
	struct buf pair;
	char *out;

	buf_init_in(&pair, a);
	percent_encode(&pair, o->o.client_id);
	buf_char(&pair, ':');
	percent_encode(&pair, o->secret);
	out = arena_alloc(a, pair.len * 2 + 8);
	b64_encode(out, pair.data, pair.len);
	return arena_printf(a, "Authorization: Basic %s", out);
}

/* private_key_jwt (RFC 7523): our public key is at /oauth/jwks. */
static const char *
assertion(struct arena *a, const struct oidc *o)
{
	char jti[44];
	json_t *header, *claims;
	const char *token;

	random_token(jti, 32);
	header = json_pack("{s:s}", "kid", keys_signing_kid(o->own_keys));
	claims = json_pack("{s:s,s:s,s:s,s:s,s:I,s:I}", "iss", o->o.client_id,
	    "sub", o->o.client_id, "aud", o->o.issuer, "jti", jti,
	    "iat", (json_int_t)clock_s(),
	    "exp", (json_int_t)(clock_s() + ASSERTION_S));
	token = jws_sign(a, keys_signing(o->own_keys), "JWT", header, claims);
	json_decref(header);
	json_decref(claims);
	return token;
}

/* Our proof, in the form or as a header field (then returned). */
static const char *
prove(struct arena *a, const struct oidc *o, struct buf *form)
{
	if (o->secret != NULL && o->basic)
		return basic(a, o);
	add(form, "client_id", o->o.client_id);
	if (o->secret != NULL) {
		add(form, "client_secret", o->secret);
	} else {
		add(form, "client_assertion_type", ASSERTION_TYPE);
		add(form, "client_assertion", assertion(a, o));
	}
	return NULL;
}

static enum next
ask_tokens(struct call *c, struct oidc_visit *v)
{
	const struct oidc *o = v->oidc;
	const char *fields[] = {
	    "Content-Type: application/x-www-form-urlencoded",
	    "Accept: application/json", NULL, NULL };
	struct http_request r = { .method = "POST", .url = o->token,
	    .fields = fields, .deadline_ms = ANSWER_MS, .tag = c->id,
	    .trace = &c->trace };
	struct buf form;

	buf_init_in(&form, c->arena);
	add(&form, "grant_type", "authorization_code");
	add(&form, "code", v->code);
	add(&form, "redirect_uri", o->o.redirect_uri);
	add(&form, "code_verifier", v->verifier);
	fields[2] = prove(c->arena, o, &form);
	r.body = form.data;
	r.body_n = form.len;
	return ask(c, v, &r);
}

enum next
oidc_take(struct call *c, struct oidc *o, struct oidc_visit *v)
{
	v->oidc = o;
	if (call_args_repeated(c) != NULL)
		return no(v, "repeated");
	if ((v->why = check_return(c, v)) != NULL)
		return NEXT;
	if (!oidc_known(o))
		return no(v, "away");
	return ask_tokens(c, v);
}

/* ---- the id_token ---- */

static json_t *
answered(struct call *c, struct oidc_visit *v)
{
	json_t *j;

	if (v->status != 200 || v->answer == NULL)
		return NULL;
	j = json_loads(v->answer, JSON_REJECT_DUPLICATES, NULL);
	if (j != NULL)
		arena_defer(c->arena, drop_json, j);
	return json_is_object(j) ? j : NULL;
}

static const char *
read_tokens(struct call *c, struct oidc_visit *v)
{
	json_t *j = answered(c, v);

	if (j == NULL)
		return v->status == 0 || v->status >= 500 ? "away" : "code";
	v->id_token = json_string_value(json_object_get(j, "id_token"));
	v->access_token = json_string_value(json_object_get(j, "access_token"));
	return v->id_token == NULL ? "no id_token" : NULL;
}

/* By the key of the kid it names, or any of its algorithm when it names none.
 * NULL, "" = by a key we do not know (yet), or what is wrong. */
static const char *
check_signature(const struct oidc *o, const struct jws *j)
{
	const char *kid = json_string_value(json_object_get(j->header, "kid"));
	bool known = false;

	for (size_t i = 0; i < o->key_count; i++) {
		const struct jwk *k = &o->keys[i];

		if (kid != NULL && strcmp(kid, k->kid) != 0)
			continue;
		if (jws_verify(j, k) == 0)
			return NULL;
		known = kid != NULL;
	}
	return known ? "signature" : "";
}

/* aud is us, alone or among others; then azp says it is ours (3.1.3.7, 3-5). */
static bool
for_us(const struct oidc *o, const json_t *claims)
{
	const json_t *aud = json_object_get(claims, "aud"), *one;
	const char *azp = json_string_value(json_object_get(claims, "azp"));
	bool found = false;
	size_t i;

	if (json_is_string(aud))
		found = strcmp(json_string_value(aud), o->o.client_id) == 0;
	json_array_foreach(aud, i, one)
		found = found || (json_is_string(one) &&
		    strcmp(json_string_value(one), o->o.client_id) == 0);
	if (azp != NULL)
		return found && strcmp(azp, o->o.client_id) == 0;
	return found && (json_is_string(aud) || json_array_size(aud) == 1);
}

static int64_t
number(const json_t *claims, const char *name)
{
	const json_t *v = json_object_get(claims, name);

	return json_is_number(v) ? (int64_t)json_number_value(v) : 0;
}

static const char *
check_strength(struct oidc_visit *v, const json_t *claims)
{
	const char *acr = json_string_value(json_object_get(claims, "acr"));
	int64_t at = number(claims, "auth_time"), now = clock_s();

	if (v->acr != NULL && (acr == NULL || strcmp(acr, v->acr) != 0))
		return "acr";
	if (v->max_age_s >= 0 && (at == 0 || at > now + SKEW_S ||
	    now - at > v->max_age_s + SKEW_S))
		return "auth_time";
	/* unsaid is long ago: whoever asks for a recent one sends her back */
	v->auth_time_us = (at > now ? now : at) * 1000000;
	return NULL;
}

static const char *
check_claims(struct oidc_visit *v, const json_t *claims)
{
	const struct oidc *o = v->oidc;
	const char *sub = json_string_value(json_object_get(claims, "sub"));
	int64_t now = clock_s(), iat = number(claims, "iat");

	if (!same_text(json_string_value(json_object_get(claims, "iss")),
	    o->o.issuer))
		return "iss";
	if (!for_us(o, claims))
		return "aud";
	if (number(claims, "exp") + SKEW_S <= now)
		return "exp";
	if (iat == 0 || iat > now + SKEW_S || iat + 600 + SKEW_S < now)
		return "iat";
	if (!same_text(json_string_value(json_object_get(claims, "nonce")),
	    v->nonce))
		return "nonce";
	if (sub == NULL || sub[0] == '\0' || strlen(sub) > 255)
		return "sub";
	return check_strength(v, claims);
}

static const char *
check_token(struct call *c, struct oidc_visit *v)
{
	static const char *const typs[] = { "JWT", "", NULL };
	struct jws j;
	const char *why;

	if (jws_parse_login(&j, v->id_token, strlen(v->id_token), typs,
	    &why) < 0) {
		log_warning("call=%s an id_token was refused cause=\"%s\"",
		    c->id, why);
		return "id_token";
	}
	if ((why = check_signature(v->oidc, &j)) == NULL &&
	    (why = check_claims(v, j.claims)) == NULL)
		arena_defer(c->arena, drop_json,
		    v->claims = json_incref(j.claims));
	jws_clear(&j);
	return why;
}

/* ---- what it did not say ---- */

static bool
lacks(const struct oidc_visit *v)
{
	for (const char *const *p = v->oidc->o.claims; *p != NULL; p++)
		if (oidc_claim(v, *p) == NULL)
			return true;
	return false;
}

static enum next
ask_userinfo(struct call *c, struct oidc_visit *v)
{
	const char *fields[] = { arena_printf(c->arena,
	    "Authorization: Bearer %s", v->access_token),
	    "Accept: application/json", NULL };
	const struct http_request r = { .method = "GET",
	    .url = v->oidc->userinfo, .fields = fields,
	    .deadline_ms = ANSWER_MS, .tag = c->id, .trace = &c->trace };

	v->userinfo_asked = true;
	return ask(c, v, &r);
}

/* Core 5.3.2: only of the same person; the id_token's own claims stay. */
static const char *
read_userinfo(struct call *c, struct oidc_visit *v)
{
	json_t *j = answered(c, v);

	if (j == NULL)
		return "userinfo";
	if (!same_text(json_string_value(json_object_get(j, "sub")),
	    json_string_value(json_object_get(v->claims, "sub"))))
		return "userinfo sub";
	json_object_update_missing(v->claims, j);
	return NULL;
}

enum next
oidc_check(struct call *c, struct oidc_visit *v, const char *step)
{
	if (v->why != NULL)
		return NEXT;
	if (v->userinfo_asked)
		return no(v, read_userinfo(c, v));
	if (v->id_token == NULL && (v->why = read_tokens(c, v)) != NULL)
		return NEXT;
	v->why = check_token(c, v);
	if (v->why != NULL && v->why[0] == '\0') {
		if (v->keys_asked)
			return no(v, "signature");
		v->why = NULL;
		v->keys_asked = true;
		(void)call_goto(c, step);
		return oidc_renew(c, v->oidc);
	}
	if (v->why == NULL && lacks(v) && v->oidc->userinfo != NULL &&
	    v->access_token != NULL) {
		(void)call_goto(c, step);
		return ask_userinfo(c, v);
	}
	return NEXT;
}

/* ---- claims ---- */

const json_t *
oidc_claim(const struct oidc_visit *v, const char *path)
{
	const json_t *at = v->claims;
	char name[100];

	/* a name may hold dots itself: "https://example.org/ref" */
	if (json_object_get(at, path) != NULL)
		return json_object_get(at, path);
	while (at != NULL && *path != '\0') {
		size_t n = strcspn(path, ".");

		snprintf(name, sizeof(name), "%.*s", (int)n, path);
		at = json_object_get(at, name);
		path += n + (path[n] == '.');
	}
	return at;
}

const char *
oidc_claim_text(struct arena *a, const struct oidc_visit *v, const char *path)
{
	const json_t *j = oidc_claim(v, path);

	if (json_is_integer(j))
		return arena_printf(a, "%lld", (long long)json_integer_value(j));
	return arena_strdup(a, json_string_value(j));
}
