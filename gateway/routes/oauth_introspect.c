/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /oauth/introspect (RFC 7662): a PIMS asks what a token of its own is
 * worth. Anything else, also another's token, is {"active":false}.
 */
#include <string.h>
#include "base/arena.h"
#include "base/jw.h"
#include "base/settings.h"
#include "consent/auth.h"
#include "consent/details.h"
#include "consent/grant.h"
#include "crypto/hash.h"
#include "http/call.h"
#include "routes/routes.h"

struct introspect {
	struct auth auth;		/* first: AUTH_STEPS */
};

static enum next
find(struct call *c)
{
	const char *token = call_form_arg(c, "token");
	uint8_t hash[SHA256_SIZE];
	struct params p;

	if (token == NULL)
		return call_refuse(c, 400, "invalid_request", "token is missing");
	sha256(hash, token, strlen(token));
	params_init(&p);
	params_bytes(&p, hash, sizeof(hash));
	return call_ask(c, c->house->db, SQL_TOKEN_LOOK, &p);
}

static void
write_binding(struct jw *w, struct call *c)
{
	bool dpop = strcmp(row_text(c->rows, 0, "binding"), "dpop") == 0;

	jw_str_member(w, "token_type", dpop ? "DPoP" : "Bearer");
	jw_key(w, "cnf");
	jw_object(w);
	jw_str_member(w, dpop ? "jkt" : "x5t#S256",
	    row_text(c->rows, 0, "thumbprint"));
	jw_end_object(w);
}

static void
write_active(struct jw *w, struct call *c, const struct grant *g,
    const struct details *d)
{
	const char *details = details_text(c->arena, d);

	jw_bool_member(w, "active", true);
	jw_str_member(w, "iss", c->house->settings->public_url);
	jw_str_member(w, "client_id", g->client_id);
	jw_str_member(w, "sub", g->pairwise);
	jw_int_member(w, "exp", row_time(c->rows, 0, "token_expires") / 1000000);
	jw_str_member(w, "scope", details_scope(c->arena, d));
	jw_key(w, "authorization_details");
	jw_raw(w, details, strlen(details));
	jw_str_member(w, "grant_id", g->id_text);
	jw_str_member(w, "grant_status", g->state);
	/* RFC 9470 6.2: how surely it was she who allowed it */
	if (!row_null(c->rows, 0, "acr"))
		jw_str_member(w, "acr", row_text(c->rows, 0, "acr"));
	if (!row_null(c->rows, 0, "auth_time"))
		jw_int_member(w, "auth_time",
		    row_time(c->rows, 0, "auth_time") / 1000000);
	if (!row_null(c->rows, 0, "binding"))
		write_binding(w, c);
}

/* Fills details if the token is this client's own and live. */
static bool
active(struct call *c, const struct grant *g, struct details *d)
{
	struct introspect *own = c->own;
	const char **ids, *why;
	size_t n;

	if (g == NULL || grant_ended(g) ||
	    strcmp(g->client_id, own->auth.client->id) != 0 ||
	    details_read(d, c->arena, NULL, g->details, &why) < 0)
		return false;
	ids = row_texts(c->rows, 0, "narrowed", c->arena, &n);
	return n == 0 || details_keep(d, ids, n);
}

static enum next
answer(struct call *c)
{
	const struct grant *g = grant_found(c);
	struct details d;
	struct buf out;
	struct jw w;

	buf_init_in(&out, c->arena);
	jw_init(&w, &out);
	jw_object(&w);
	if (active(c, g, &d))
		write_active(&w, c, g, &d);
	else
		jw_bool_member(&w, "active", false);
	jw_end_object(&w);
	return call_answer_buf(c, 200, "application/json", &out);
}

static const struct step introspect_steps[] = {
	AUTH_STEPS,
	{ "find", find },
	{ "answer", answer },
	{ NULL, NULL }
};

const struct route route_oauth_introspect = {
	.method = "POST", .path = "/oauth/introspect",
	.steps = introspect_steps, .own_size = sizeof(struct introspect),
	.body_max = 8192, .kind = ROUTE_OAUTH
};
