/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /oauth/token: a code, or a refresh token, becomes an access token.
 *
 * Tokens are opaque and random, stored as hashes, and bound to the key or the
 * certificate the client shows here (RFC 9449, RFC 8705). A refresh token is
 * one column of its grant, lives as long as it and does not rotate (FAPI 2.0
 * 5.3.2.1): it is bound to a client that proves itself, which is worth more
 * than a rotation that loses an answer now and then.
 */
#include "routes/oauth_token.h"
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/jw.h"
#include "base/settings.h"
#include "consent/pace.h"
#include "consent/refusal.h"
#include "crypto/hash.h"
#include "http/call.h"
#include "routes/routes.h"

/* ---- what the two ways share ---- */

enum next
token_refuse(struct call *c, const char *why)
{
	return call_refuse(c, 400, "invalid_grant", "%s", why);
}

bool
token_take_grant(struct call *c, const char **why)
{
	struct token_call *own = c->own;

	own->grant = grant_found(c);
	*why = "it was not given to this client, or not by us";
	if (own->grant == NULL ||
	    strcmp(own->grant->client_id, own->auth.client->id) != 0)
		return false;
	*why = "what the customer allowed has ended";
	if (grant_ended(own->grant))
		return false;
	return details_read(&own->details, c->arena, NULL,
	    own->grant->details, why) == 0;
}

void
token_make(struct call *c, struct params *p, bool datasets)
{
	struct token_call *own = c->own;
	uint8_t *hash = arena_alloc(c->arena, SHA256_SIZE);

	random_token(own->access, 32);
	sha256(hash, own->access, strlen(own->access));
	own->expires_us = clock_us() +
	    c->house->settings->access_token_seconds * 1000000;
	if (own->expires_us > own->grant->expires_us)
		own->expires_us = own->grant->expires_us;
	params_bytes(p, hash, SHA256_SIZE);
	params_text(p, own->dpop ? "dpop" : "mtls");
	params_text(p, own->thumbprint);
	if (datasets && own->narrowed)
		params_text_list(p, c->arena, details_datasets(c->arena,
		    &own->details), own->details.n);
	else if (datasets)
		params_text(p, NULL);
	params_time(p, own->expires_us);
}

void
token_line(struct call *c, struct params *p, const char *event)
{
	struct token_call *own = c->own;
	struct line line = { .event = event, .to = own->auth.client->id,
	    .records = -1, .bytes = -1, .actor = "recipient",
	    .subject = &own->grant->subject, .grant = &own->grant->id,
	    .call = c->id };
	struct line_row *row = arena_alloc(c->arena, sizeof(*row));

	line_make(row, c->arena, &line);
	line_params(p, row);
}

/* ---- the steps ---- */

static enum next
hold_back(struct call *c)
{
	static struct pace pace;

	return auth_hold_back(c, &pace,
	    c->house->settings->token_calls_per_second);
}

/* Whom will the token be bound to? */
static enum next
take_binding(struct call *c, struct token_call *own)
{
	own->dpop = own->auth.client->binding == BIND_DPOP;
	own->thumbprint = own->dpop ? own->auth.dpop.jkt : c->certificate;
	if (own->dpop && !own->auth.proved)
		return call_refuse(c, 400, "invalid_dpop_proof",
		    "this client's tokens are bound to a key: send a DPoP proof");
	if (!own->dpop && c->certificate == NULL)
		return call_refuse(c, 400, "invalid_request",
		    "this client's tokens are bound to a certificate: show one");
	return NEXT;
}

/* Asked by a client that proved itself, and not given. */
static void
on_end(struct call *c, bool sent UNUSED)
{
	struct token_call *own = c->own;
	bool its_own = own->grant != NULL && strcmp(own->grant->client_id,
	    own->auth.client->id) == 0;
	struct line line = { .event = "token.refused",
	    .to = own->auth.client->id,
	    .subject = its_own ? &own->grant->subject : NULL,
	    .grant = its_own ? &own->grant->id : NULL };

	refusal_note(c, own->auth.client->id, &line);
}

static enum next
watch_refusal(struct call *c)
{
	call_on_end(c, on_end);
	return NEXT;
}

static enum next
read_request(struct call *c)
{
	const char *type = call_form_arg(c, "grant_type");

	if (type == NULL)
		return call_refuse(c, 400, "invalid_request",
		    "grant_type is missing");
	if (strcmp(type, "authorization_code") != 0 &&
	    strcmp(type, "refresh_token") != 0)
		return call_refuse(c, 400, "unsupported_grant_type",
		    "grant_type is authorization_code or refresh_token");
	if (take_binding(c, c->own) == DONE)
		return DONE;
	return call_goto(c, type[0] == 'a' ? "find code" : "find refresh token");
}

static void
write_answer(struct jw *w, struct call *c, struct token_call *own)
{
	const char *details = details_text(c->arena, &own->details);

	jw_object(w);
	jw_str_member(w, "access_token", own->access);
	jw_str_member(w, "token_type", own->dpop ? "DPoP" : "Bearer");
	jw_int_member(w, "expires_in",
	    (own->expires_us - clock_us()) / 1000000);
	if (own->refresh[0] != '\0')
		jw_str_member(w, "refresh_token", own->refresh);
	jw_str_member(w, "scope", details_scope(c->arena, &own->details));
	jw_key(w, "authorization_details");
	jw_raw(w, details, strlen(details));
	jw_str_member(w, "grant_id", own->grant->id_text);
	jw_end_object(w);
}

static enum next
answer(struct call *c)
{
	struct buf out;
	struct jw w;

	buf_init_in(&out, c->arena);
	jw_init(&w, &out);
	write_answer(&w, c, c->own);
	return call_answer_buf(c, 200, "application/json", &out);
}

static const struct step token_steps[] = {
	AUTH_STEPS,
	{ "note a refusal", watch_refusal },
	{ "hold back", hold_back },
	{ "read request", read_request },

	{ "find code", token_code_find },
	{ "spend code", token_code_spend },
	{ "was it spent", token_code_check },
	{ "answer", answer },

	{ "code reused", token_code_reused },

	{ "find refresh token", token_refresh_find },
	{ "use refresh token", token_refresh_use },
	{ "was it used", token_refresh_used },
	{ "was it live", token_refresh_check },
	{ "answer again", answer },
	{ NULL, NULL }
};

const struct route route_oauth_token = {
	.method = "POST", .path = "/oauth/token", .steps = token_steps,
	.own_size = sizeof(struct token_call), .body_max = 16384,
	.kind = ROUTE_OAUTH
};
