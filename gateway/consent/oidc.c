/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oidc.c - what is known of an OpenID Connect provider, leaving for it, and
 * signing out there.
 *
 * Its configuration and keys are asked once and kept for an hour, by each
 * worker; calls that come meanwhile wait for the one question under way. What
 * is known serves on while the provider is away.
 */
#include "consent/oidc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/settings.h"
#include "base/text.h"
#include "consent/oidc_own.h"
#include "crypto/hash.h"
#include "crypto/keys.h"

#define SECOND_US INT64_C(1000000)
enum { FRESH_S = 3600, FLOOR_S = 30, RETRY_S = 2, ANSWER_MS = 10000,
    VISIT_S = 600, SECRET_MAX = 1024 };

/* ---- asking what it is ---- */

static void
wake_all(struct oidc *o)
{
	struct oidc_waiter *w;

	while ((w = TAILQ_FIRST(&o->waiters)) != NULL) {
		TAILQ_REMOVE(&o->waiters, w, among);
		w->gone = true;
		call_wake(w->call, 0);
	}
}

static void
away(struct oidc *o, const char *what, const char *why)
{
	log_warning("the sign-in provider cannot be used part=%s cause=\"%s\"",
	    what, why);
	wake_all(o);
}

static json_t *
object_of(const struct http_answer *answer)
{
	json_t *j;

	if (answer->failure != 0 || answer->status != 200)
		return NULL;
	j = json_loadb(answer->body, answer->body_n, JSON_REJECT_DUPLICATES,
	    NULL);
	if (json_is_object(j))
		return j;
	json_decref(j);
	return NULL;
}

static const char *
reason_of(const struct http_answer *answer)
{
	if (answer->failure != 0)
		return answer->why;
	return answer->status == 200 ? "its answer is not a JSON object" :
	    "its answer is not 200";
}

static void
forget_keys(struct oidc *o)
{
	while (o->key_count > 0)
		jwk_clear(&o->keys[--o->key_count]);
}

/* Keys of a kind we do not know (encryption, ES384...) are left out. */
static void
read_keys(struct oidc *o, const json_t *set)
{
	enum jws_alg rsa = strcmp(o->o.rsa_alg, "PS256") == 0 ? JWS_PS256 :
	    JWS_RS256;
	const json_t *key;
	const char *why;
	size_t i;

	forget_keys(o);
	json_array_foreach(set, i, key)
		if (o->key_count < OIDC_KEYS_MAX && jwk_read_login(
		    &o->keys[o->key_count], key, rsa, &why) == 0)
			o->key_count++;
}

static void
on_keys(const struct http_answer *answer, void *arg)
{
	struct oidc *o = arg;
	json_t *j = object_of(answer);

	o->job = NULL;
	if (j == NULL) {
		away(o, "keys", reason_of(answer));
		return;
	}
	read_keys(o, json_object_get(j, "keys"));
	json_decref(j);
	if (o->key_count == 0) {
		away(o, "keys", "none of its keys is of an algorithm we accept");
		return;
	}
	o->known_us = clock_mono_us();
	log_debug("the sign-in provider is known keys=%zu", o->key_count);
	wake_all(o);
}

static void
ask(struct oidc *o, const char *url, http_on_answer *then)
{
	static const char *const fields[] = { "Accept: application/json", NULL };
	const struct http_request r = { .method = "GET", .url = url,
	    .fields = fields, .deadline_ms = ANSWER_MS, .tag = "login" };

	o->job = http_ask(o->client, &r, then, o);
}

/* An address of the provider, when it says one that we would talk to. */
static const char *
address_of(struct arena *a, const json_t *j, const char *name)
{
	const char *url = json_string_value(json_object_get(j, name)), *why;

	return url != NULL && http_url_check(url, &why) == 0 ?
	    arena_strdup(a, url) : NULL;
}

static bool
lists(const json_t *list, const char *word)
{
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
		if (json_is_string(v) && strcmp(json_string_value(v), word) == 0)
			return true;
	return false;
}

static void
read_configuration(struct oidc *o, const json_t *j)
{
	const json_t *methods = json_object_get(j,
	    "token_endpoint_auth_methods_supported");

	arena_free(o->told);
	o->told = arena_new();
	o->authorization = address_of(o->told, j, "authorization_endpoint");
	o->token = address_of(o->told, j, "token_endpoint");
	o->userinfo = address_of(o->told, j, "userinfo_endpoint");
	o->end_session = address_of(o->told, j, "end_session_endpoint");
	o->jwks_uri = address_of(o->told, j, "jwks_uri");
	o->basic = methods == NULL || lists(methods, "client_secret_basic");
	o->says_iss = json_is_true(json_object_get(j,
	    "authorization_response_iss_parameter_supported"));
}

static void
on_configuration(const struct http_answer *answer, void *arg)
{
	struct oidc *o = arg;
	json_t *j = object_of(answer);
	const char *issuer = json_string_value(json_object_get(j, "issuer"));

	o->job = NULL;
	if (j == NULL) {
		away(o, "configuration", reason_of(answer));
		return;
	}
	/* Discovery 4.3: it must be the one that was asked */
	if (issuer == NULL || strcmp(issuer, o->o.issuer) != 0) {
		json_decref(j);
		away(o, "configuration", "its issuer is not [login] issuer");
		return;
	}
	read_configuration(o, j);
	json_decref(j);
	if (o->authorization == NULL || o->token == NULL || o->jwks_uri == NULL)
		away(o, "configuration", "an https address is missing");
	else
		ask(o, o->jwks_uri, on_keys);
}

static void
begin(struct oidc *o)
{
	if (o->job != NULL)
		return;
	o->asked_us = clock_mono_us();
	ask(o, arena_printf(o->arena, "%s/.well-known/openid-configuration",
	    o->o.issuer), on_configuration);
}

static void
forget(void *arg)
{
	struct oidc_waiter *w = arg;

	if (!w->gone)
		TAILQ_REMOVE(&w->oidc->waiters, w, among);
	w->gone = true;
}

static enum next
wait(struct call *c, struct oidc *o)
{
	struct oidc_waiter *w = arena_alloc(c->arena, sizeof(*w));

	w->oidc = o;
	w->call = c;
	TAILQ_INSERT_TAIL(&o->waiters, w, among);
	begin(o);
	return call_wait(c, forget, w);
}

bool
oidc_known(const struct oidc *o)
{
	return o->key_count > 0;
}

enum next
oidc_know(struct call *c, struct oidc *o)
{
	int64_t now = clock_mono_us();

	if (oidc_known(o)) {
		if (now - o->known_us > FRESH_S * SECOND_US &&
		    now - o->asked_us > FLOOR_S * SECOND_US)
			begin(o);	/* nobody waits for that */
		return NEXT;
	}
	if (o->job == NULL && o->asked_us != 0 &&
	    now - o->asked_us < RETRY_S * SECOND_US)
		return NEXT;		/* it has just failed */
	return wait(c, o);
}

enum next
oidc_renew(struct call *c, struct oidc *o)
{
	int64_t now = clock_mono_us();

	if (o->job == NULL) {
		if (o->renewed_us != 0 &&
		    now - o->renewed_us < FLOOR_S * SECOND_US)
			return NEXT;
		o->renewed_us = now;
	}
	return wait(c, o);
}

/* ---- leaving ---- */

static void
add(struct buf *url, const char *name, const char *value)
{
	if (value == NULL)
		return;
	buf_char(url, strchr(url->data, '?') == NULL ? '?' : '&');
	buf_printf(url, "%s=", name);
	percent_encode(url, value);
}

/* state, nonce and verifier are drawn anew; the rest is carried. */
static void
set_cookie(struct call *c, const struct oidc *o, const struct oidc_wish *w,
    const char *state, const char *nonce, const char *verifier)
{
	json_t *j = json_pack("{s:s,s:s,s:s,s:s,s:s?,s:I,s:I}", "state", state,
	    "nonce", nonce, "verifier", verifier, "next", w->next,
	    "acr", w->acr, "max_age", (json_int_t)w->max_age_s,
	    "until", (json_int_t)(clock_s() + VISIT_S));
	char *text = json_dumps(j, JSON_COMPACT);

	call_reply_field(c, "Set-Cookie", "%s=%s; Path=/; Secure; HttpOnly; "
	    "SameSite=Lax; Max-Age=%d", o->cookie, seal(o->own_keys, c->arena,
	    o->cookie, text, strlen(text)), VISIT_S);
	free(text);
	json_decref(j);
}

const char *
oidc_leave(struct call *c, const struct oidc *o, const struct oidc_wish *w)
{
	char state[44], nonce[44], verifier[44];
	uint8_t digest[SHA256_SIZE];
	struct buf url;

	random_token(state, 32);
	random_token(nonce, 32);
	random_token(verifier, 32);
	sha256(digest, verifier, strlen(verifier));
	set_cookie(c, o, w, state, nonce, verifier);
	buf_init_in(&url, c->arena);
	buf_str(&url, o->authorization);
	add(&url, "response_type", "code");
	add(&url, "client_id", o->o.client_id);
	add(&url, "redirect_uri", o->o.redirect_uri);
	add(&url, "scope", o->o.scope);
	add(&url, "state", state);
	add(&url, "nonce", nonce);
	add(&url, "code_challenge", b64url_text(c->arena, digest, sizeof(digest)));
	add(&url, "code_challenge_method", "S256");
	add(&url, "acr_values", w->acr);
	if (w->max_age_s >= 0)
		add(&url, "max_age", arena_printf(c->arena, "%lld",
		    (long long)w->max_age_s));
	add(&url, "ui_locales", w->lang);
	return url.data;
}

/* ---- signing out ---- */

const char *
oidc_logout_url(struct call *c, const struct oidc *o)
{
	struct buf url;

	if (o == NULL || o->end_session == NULL)
		return NULL;
	buf_init_in(&url, c->arena);
	buf_str(&url, o->end_session);
	add(&url, "client_id", o->o.client_id);
	add(&url, "post_logout_redirect_uri", o->o.back_uri);
	return url.data;
}

/* ---- a worker's own ---- */

static const char *
read_secret(struct arena *a, const char *path)
{
	char text[SECRET_MAX + 1];
	FILE *in = fopen(path, "re");
	size_t n = in == NULL ? 0 : fread(text, 1, SECRET_MAX, in);

	if (in != NULL)
		fclose(in);
	while (n > 0 && strchr("\r\n", text[n - 1]) != NULL)
		n--;
	text[n] = '\0';
	if (n == 0 || strlen(text) != n)
		fatal("%s: holds no secret of one line; write the one that the "
		    "sign-in provider gave", path);
	return arena_strdup(a, text);
}

static void
copy_options(struct oidc *o, const struct oidc_options *from)
{
	struct arena *a = o->arena;

	o->o = (struct oidc_options){
		.name = arena_strdup(a, from->name),
		.issuer = arena_strdup(a, from->issuer),
		.client_id = arena_strdup(a, from->client_id),
		.scope = arena_strdup(a, from->scope),
		.rsa_alg = arena_strdup(a, from->rsa_alg),
		.redirect_uri = arena_strdup(a, from->redirect_uri),
		.back_uri = arena_strdup(a, from->back_uri),
		.claims = from->claims
	};
	if (from->secret_file[0] != '\0')
		o->secret = read_secret(a, from->secret_file);
	/* two of them in one house do not share a cookie */
	o->cookie = arena_printf(a, "__Host-guichet-oidc-%s", from->name);
}

struct oidc *
oidc_new(struct event_base *base, const struct settings *s,
    const struct keys *keys, const struct oidc_options *options)
{
	struct oidc *o = xcalloc(1, sizeof(*o));

	o->arena = arena_new();
	o->settings = s;
	o->own_keys = keys;
	TAILQ_INIT(&o->waiters);
	copy_options(o, options);
	o->client = http_client_inside(base, s, options->ca_file,
	    "[login] ca_file");
	begin(o);
	return o;
}

void
oidc_free(struct oidc *o)
{
	if (o == NULL)
		return;
	if (o->job != NULL)
		http_forget(o->job);
	http_client_free(o->client);
	forget_keys(o);
	arena_free(o->told);
	arena_free(o->arena);
	free(o);
}
