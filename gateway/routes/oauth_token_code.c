/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oauth_token_code.c - an authorisation code becomes tokens, once.
 *
 * One UPDATE decides who was first. A code that comes back later than half a
 * second after its use was seen by somebody else: what it gave is taken back
 * (RFC 6749 4.1.2). Sooner, it is a client that asked twice at once.
 */
#include <string.h>
#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "http/call.h"
#include "routes/oauth_token.h"

enum { TWIN_US = 500000, VERIFIER_MIN = 43, VERIFIER_MAX = 128 };

enum next
token_code_find(struct call *c)
{
	struct token_call *own = c->own;
	const char *code = call_form_arg(c, "code");
	struct params p;

	if (code == NULL || call_form_arg(c, "redirect_uri") == NULL)
		return call_refuse(c, 400, "invalid_request",
		    "code and redirect_uri are required");
	sha256(own->hash, code, strlen(code));
	params_init(&p);
	params_bytes(&p, own->hash, sizeof(own->hash));
	return call_ask(c, c->house->db, SQL_CODE_FIND, &p);
}

static bool
verifies(const char *verifier, const char *challenge)
{
	uint8_t digest[SHA256_SIZE];
	char text[44];

	if (verifier == NULL || strlen(verifier) < VERIFIER_MIN ||
	    strlen(verifier) > VERIFIER_MAX)
		return false;
	sha256(digest, verifier, strlen(verifier));
	b64url_encode(text, digest, sizeof(digest));
	return strcmp(text, challenge) == 0;
}

/* What is wrong with this exchange? NULL = nothing. */
static const char *
wrong(struct call *c, struct token_call *own)
{
	const char *jkt = row_text(c->rows, 0, "jkt");

	if (row_int(c->rows, 0, "life_us") <= 0)
		return "the code is over 60 seconds old";
	if (strcmp(call_form_arg(c, "redirect_uri"),
	    row_text(c->rows, 0, "redirect_uri")) != 0)
		return "redirect_uri is not that of the request";
	if (!verifies(call_form_arg(c, "code_verifier"),
	    row_text(c->rows, 0, "challenge")))
		return "code_verifier is missing or not that of the request";
	if (jkt != NULL && (!own->auth.proved ||
	    strcmp(jkt, own->auth.dpop.jkt) != 0))
		return "the code is bound to another DPoP key";
	return NULL;
}

static enum next
spend(struct call *c, struct token_call *own)
{
	uint8_t refresh[SHA256_SIZE];
	struct params p;

	random_token(own->refresh, 32);
	sha256(refresh, own->refresh, strlen(own->refresh));
	params_init(&p);
	params_bytes(&p, own->hash, sizeof(own->hash));
	params_text(&p, own->auth.client->id);
	params_bytes(&p, refresh, sizeof(refresh));
	token_make(c, &p, false);
	token_line(c, &p, "token.issued");
	return call_ask(c, c->house->db, SQL_CODE_SPEND, &p);
}

static enum next
come_back(struct call *c, struct token_call *own, int64_t spent_us)
{
	if (spent_us < TWIN_US || own->grant == NULL || grant_ended(own->grant))
		return token_refuse(c, "the code was used before");
	log_warning("call=%s client=%s code used again: its tokens are revoked "
	    "grant=%s", c->id, own->auth.client->id, own->grant->id_text);
	return grant_end(c, own->grant, "system", "authorisation code reused");
}

enum next
token_code_spend(struct call *c)
{
	struct token_call *own = c->own;
	const char *why;
	int64_t spent_us;
	bool good;

	if (rows_count(c->rows) == 0)
		return token_refuse(c, "the code is unknown");
	if (strcmp(row_text(c->rows, 0, "code_client"),
	    own->auth.client->id) != 0)
		return token_refuse(c, "the code was given to another client");
	good = token_take_grant(c, &why);
	spent_us = row_int(c->rows, 0, "spent_us");
	if (spent_us >= 0) {
		enum next next = come_back(c, own, spent_us);

		if (next == WAIT)
			(void)call_goto(c, "code reused");
		return next;
	}
	if (!good || (why = wrong(c, own)) != NULL)
		return token_refuse(c, why);
	return spend(c, own);
}

enum next
token_code_check(struct call *c)
{
	if (rows_count(c->rows) == 0)
		return token_refuse(c, "the code was used before");
	return NEXT;
}

enum next
token_code_reused(struct call *c)
{
	return token_refuse(c, "the code was used before: what it gave has been "
	    "taken back");
}
