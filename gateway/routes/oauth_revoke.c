/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /oauth/revoke (RFC 7009): a PIMS gives a token back. An access token
 * goes alone; with a refresh token goes the grant: nothing could use it any
 * more, and the customer should see it as over.
 */
#include <string.h>
#include "base/arena.h"
#include "consent/auth.h"
#include "consent/grant.h"
#include "crypto/hash.h"
#include "http/call.h"
#include "routes/routes.h"

struct revoke {
	struct auth auth;		/* first: AUTH_STEPS */
	uint8_t hash[SHA256_SIZE];
};

static enum next
find(struct call *c)
{
	struct revoke *own = c->own;
	const char *token = call_form_arg(c, "token");
	struct params p;

	if (token == NULL)
		return call_refuse(c, 400, "invalid_request", "token is missing");
	sha256(own->hash, token, strlen(token));
	params_init(&p);
	params_bytes(&p, own->hash, sizeof(own->hash));
	return call_ask(c, c->house->db, SQL_TOKEN_LOOK, &p);
}

static enum next
revoke_access(struct call *c, struct revoke *own, const struct grant *g)
{
	struct line line = { .event = "token.revoked", .to = g->client_id,
	    .records = -1, .bytes = -1, .actor = "recipient",
	    .subject = &g->subject, .grant = &g->id, .call = c->id };
	struct line_row row;
	struct params p;

	line_make(&row, c->arena, &line);
	params_init(&p);
	params_bytes(&p, own->hash, sizeof(own->hash));
	params_text(&p, own->auth.client->id);
	line_params(&p, &row);
	return call_ask(c, c->house->db, SQL_TOKEN_REVOKE, &p);
}

static enum next
answer(struct call *c)
{
	return call_answer(c, 200, NULL, NULL, 0);
}

static enum next
revoke(struct call *c)
{
	struct revoke *own = c->own;
	const struct grant *g = grant_found(c);

	if (g == NULL)		/* an unknown one is as good as revoked */
		return answer(c);
	if (strcmp(row_text(c->rows, 0, "token_client"),
	    own->auth.client->id) != 0)
		return call_refuse(c, 400, "invalid_grant",
		    "this token was given to another client");
	if (strcmp(row_text(c->rows, 0, "token"), "access") == 0)
		return revoke_access(c, own, g);
	return grant_end(c, g, "recipient", NULL);
}

static const struct step revoke_steps[] = {
	AUTH_STEPS,
	{ "find", find },
	{ "revoke", revoke },
	{ "answer", answer },
	{ NULL, NULL }
};

const struct route route_oauth_revoke = {
	.method = "POST", .path = "/oauth/revoke", .steps = revoke_steps,
	.own_size = sizeof(struct revoke), .body_max = 8192,
	.kind = ROUTE_OAUTH
};
