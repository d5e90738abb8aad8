/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oauth_token_refresh.c - a refresh token gives another access token, for as
 * long as its grant lives; for fewer data sets if the client wishes.
 */
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "consent/renewal.h"
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

static void
on_verdict(int verdict, void *arg)
{
	struct call *c = arg;
	struct token_call *own = c->own;

	own->renewal = NULL;
	own->verdict = verdict;
	call_wake(c, 0);
}

static void
forget(void *arg)
{
	struct token_call *own = arg;

	if (own->renewal != NULL)
		renewal_forget(own->renewal);
}

static enum next
use_with_others(struct call *c, struct token_call *own)
{
	own->renewal = renewal_ask(c->house->renewals, own->use, on_verdict, c);
	if (own->renewal == NULL)
		own->verdict = E_FULL;
	return own->renewal == NULL ? NEXT : call_wait(c, forget, own);
}

enum next
token_refresh_use(struct call *c)
{
	struct token_call *own = c->own;
	const char *scope = call_form_arg(c, "scope"), *why;
	struct params *p = own->use = arena_alloc(c->arena, sizeof(*p));

	if (!token_take_grant(c, &why))
		return token_refuse(c, why);
	if (scope != NULL && !narrow(c, own, scope))
		return call_refuse(c, 400, "invalid_scope",
		    "scope may only name data sets the customer allowed");
	params_init(p);
	params_bytes(p, own->hash, sizeof(own->hash));
	params_text(p, own->auth.client->id);
	token_make(c, p, true);
	token_line(c, p, "token.refreshed");
	return use_with_others(c, own);
}

/* Not with the others? Alone, the statement waits for whoever is changing the
 * grant, and its word is final. What may have been written is not asked twice. */
enum next
token_refresh_used(struct call *c)
{
	struct token_call *own = c->own;

	if (own->verdict == 0)
		return call_goto(c, "answer again");
	if (own->verdict == E_UNAVAILABLE || own->verdict == E_FULL) {
		call_reply_field(c, "Retry-After", "1");
		return call_refuse(c, 503, "temporarily_unavailable",
		    "the database is busy or away; please try again");
	}
	return call_ask(c, c->house->db, SQL_REFRESH_USE, own->use);
}

enum next
token_refresh_check(struct call *c)
{
	if (rows_count(c->rows) == 0)
		return token_refuse(c, "what the customer allowed has ended");
	return NEXT;
}
