/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oauth_token_refresh.c - a refresh token gives another access token, for as
 * long as its grant lives; for fewer data sets if the client wishes.
 */
#include <string.h>
#include "base/arena.h"
#include "crypto/hash.h"
#include "http/call.h"
#include "routes/oauth_token.h"

enum next
token_refresh_find(struct call *c)
{
	struct token_call *own = c->own;
	const char *token = call_form_arg(c, "refresh_token");
	struct params p;

	if (token == NULL)
		return call_refuse(c, 400, "invalid_request",
		    "refresh_token is missing");
	if (call_form_arg(c, "authorization_details") != NULL)
		return call_refuse(c, 400, "invalid_request",
		    "ask for fewer data sets by scope");
	sha256(own->hash, token, strlen(token));
	params_init(&p);
	params_bytes(&p, own->hash, sizeof(own->hash));
	return call_ask(c, c->house->db, SQL_REFRESH_FIND, &p);
}

/* False: one was not granted. */
static bool
narrow(struct call *c, struct token_call *own, const char *scope)
{
	struct details asked = { .n = 0 };
	size_t all = own->details.n;
	const char *why;

	if (details_read_scope(&asked, c->arena, NULL, scope, &why) < 0 ||
	    !details_keep(&own->details, details_datasets(c->arena, &asked),
	    asked.n))
		return false;
	own->narrowed = own->details.n < all;
	return true;
}

enum next
token_refresh_use(struct call *c)
{
	struct token_call *own = c->own;
	const char *scope = call_form_arg(c, "scope"), *why;
	struct params p;

	if (!token_take_grant(c, &why))
		return token_refuse(c, why);
	if (scope != NULL && !narrow(c, own, scope))
		return call_refuse(c, 400, "invalid_scope",
		    "scope may only name data sets the customer allowed");
	params_init(&p);
	params_bytes(&p, own->hash, sizeof(own->hash));
	params_text(&p, own->auth.client->id);
	token_make(c, &p, true);
	token_line(c, &p, "token.refreshed");
	return call_ask(c, c->house->db, SQL_REFRESH_USE, &p);
}

enum next
token_refresh_check(struct call *c)
{
	if (rows_count(c->rows) == 0)
		return token_refuse(c, "what the customer allowed has ended");
	return NEXT;
}
