/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access.c - two steps: by which token does this call come, and is it good?
 *
 * A token that is known here costs a hash and a look; one that is not, a
 * question. A DPoP proof is verified each time and its jti spent; a token bound
 * to a certificate only needs the certificate of this connection.
 */
#include "consent/access.h"
#include <string.h>
#include <strings.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/settings.h"
#include "consent/access_cache.h"
#include "consent/once.h"
#include "consent/proof.h"
#include "consent/refusal.h"
#include "crypto/hash.h"

enum { TOKEN_LEN = 43 };

/* How far a check is; c->access points at its first member from the start, but
 * that stays empty until all is well. */
struct check {
	struct access access;
	struct call *call;
	bool bearer;			/* else DPoP */
	const char *token;
	uint8_t hash[SHA256_SIZE];
	struct access_entry *entry;
	unsigned long drops;		/* of the cache, when it was asked */
	struct question *question;
	struct once_wait *wait;
	struct dpop dpop;
	int verdict;			/* of the proof's use */
	int status;			/* of the refusal; 0 = fine so far */
	const char *error, *why;	/* error NULL: nothing was shown to us */
};

enum progress { READY, ASKED };

static enum progress
fail(struct check *k, int status, const char *error, const char *why)
{
	k->status = status;
	k->error = error;
	k->why = why;
	return READY;
}

/* ---- the token (RFC 6750 2.1, RFC 9449 7.1) ---- */

static const char *
scheme_end(const char *field, const char *scheme)
{
	size_t n = strlen(scheme);

	if (strncasecmp(field, scheme, n) != 0 || field[n] != ' ')
		return NULL;
	return field + n + strspn(field + n, " ");
}

static bool
elsewhere(struct call *c)
{
	return call_query_arg(c, "access_token") != NULL ||
	    call_form_arg(c, "access_token") != NULL;
}

static void
take_token(struct check *k)
{
	const char *field = call_field(k->call, "authorization"), *token;

	if (elsewhere(k->call)) {
		fail(k, 400, "invalid_request", "an access token belongs in the "
		    "Authorization field, never in the address or the body");
		return;
	}
	if (call_field_count(k->call, "authorization") > 1) {
		fail(k, 400, "invalid_request", "there is more than one "
		    "Authorization field");
		return;
	}
	if (field == NULL) {
		fail(k, 401, NULL, "an access token is needed");
		return;
	}
	token = scheme_end(field, "DPoP");
	k->bearer = token == NULL;
	if (token == NULL)
		token = scheme_end(field, "Bearer");
	if (token == NULL) {
		fail(k, 401, NULL, "the scheme is DPoP, or Bearer for a token "
		    "bound to a certificate");
		return;
	}
	k->token = token;
	if (strlen(token) != TOKEN_LEN)
		fail(k, 401, "invalid_token", "this is no access token of ours");
}

/* ---- is it good? ---- */

static void
on_spent(int verdict, void *arg)
{
	struct check *k = arg;

	k->wait = NULL;
	k->verdict = verdict;
	call_wake(k->call, 0);
}

static enum progress
prove_key(struct check *k)
{
	const char *why;
	int rc = proof_check(&k->dpop, k->call, k->token, &why);

	if (rc == E_NOT_FOUND)
		return fail(k, 401, "invalid_dpop_proof",
		    "this token needs a DPoP proof with each request");
	if (rc < 0)
		return fail(k, 401, rc == E_EXPIRED ? "use_dpop_nonce" :
		    "invalid_dpop_proof", why);
	if (strcmp(k->dpop.jkt, k->entry->thumbprint) != 0)
		return fail(k, 401, "invalid_token",
		    "the proof was made by another key than the token's");
	k->wait = once_spend(k->call->house->once, &k->dpop.once, on_spent, k);
	if (k->wait != NULL)
		return ASKED;
	k->verdict = E_FULL;
	return READY;
}

static enum progress
prove(struct check *k)
{
	const struct access_entry *e = k->entry;
	int64_t now = clock_us();

	if (e == NULL || e->access.token_expires_us <= now ||
	    e->access.grant_expires_us <= now)
		return fail(k, 401, "invalid_token", "the token is unknown, too "
		    "old, or what it was given for has ended");
	if (k->bearer != (e->binding == BIND_MTLS))
		return fail(k, 401, "invalid_token", k->bearer ?
		    "this token is bound to a key: use the DPoP scheme" :
		    "this token is bound to a certificate: use the Bearer scheme");
	if (e->binding == BIND_DPOP)
		return prove_key(k);
	if (k->call->certificate == NULL ||
	    strcmp(k->call->certificate, e->thumbprint) != 0)
		return fail(k, 401, "invalid_token", "the token is bound to "
		    "another certificate than this connection shows");
	return READY;
}

/* ---- the steps ---- */

static void
hold(struct check *k, struct access_entry *e)
{
	k->entry = e;
	arena_defer(k->call->arena, access_entry_leave, e);
}

/* The answer about a token that was not known here. */
static void
on_token(struct rows *r, int failure, void *arg)
{
	struct check *k = arg;
	struct access_cache *cache = k->call->house->access;

	k->question = NULL;
	if (failure < 0) {
		k->verdict = failure;
		call_wake(k->call, 0);
		return;
	}
	if (rows_count(r) == 1) {
		hold(k, access_entry_new(k->hash, r));
		if (access_cache_drops(cache) == k->drops)
			access_cache_keep(cache, k->entry);
	}
	if (prove(k) == READY)
		call_wake(k->call, 0);
}

static void
forget(void *arg)
{
	struct check *k = arg;

	if (k->question != NULL)
		db_forget(k->question);
	if (k->wait != NULL)
		once_forget(k->wait);
}

static enum progress
ask(struct check *k)
{
	struct params p;

	k->drops = access_cache_drops(k->call->house->access);
	params_init(&p);
	params_bytes(&p, k->hash, sizeof(k->hash));
	k->question = db_ask(k->call->house->db, SQL_TOKEN_FIND, &p, on_token, k);
	if (k->question != NULL)
		return ASKED;
	k->verdict = E_FULL;
	return READY;
}

enum next
access_find(struct call *c)
{
	struct check *k = arena_alloc(c->arena, sizeof(*k));
	struct access_entry *known;
	enum progress p;

	k->call = c;
	c->access = &k->access;
	take_token(k);
	if (k->status != 0)
		return NEXT;
	sha256(k->hash, k->token, TOKEN_LEN);
	known = access_cache_find(c->house->access, k->hash);
	if (known != NULL) {
		known->holders++;
		hold(k, known);
		p = prove(k);
	} else
		p = ask(k);
	return p == ASKED ? call_wait(c, forget, k) : NEXT;
}

static void
challenge(struct check *k, const char *scheme)
{
	struct call *c = k->call;
	const char *said = k->error == NULL ? "" : arena_printf(c->arena,
	    "error=\"%s\", error_description=\"%s\", ", k->error, k->why);

	call_reply_field(c, "WWW-Authenticate", "%s %s%sresource_metadata=\"%s"
	    "/.well-known/oauth-protected-resource\"", scheme, said,
	    strcmp(scheme, "DPoP") == 0 ? "algs=\"" PROOF_ALGS "\", " : "",
	    c->house->settings->public_url);
}

/* Of a token of ours; whose an unknown one was meant to be cannot be told. */
static void
note(struct call *c, const struct access *a, const char *event)
{
	struct line line = { .event = event, .to = a->client_id,
	    .subject = &a->subject, .grant = &a->grant };

	refusal_note(c, a->grant_text, &line);
}

static enum next
refuse(struct check *k)
{
	struct call *c = k->call;

	if (k->error == NULL || !k->bearer ||
	    (k->entry != NULL && k->entry->binding == BIND_DPOP))
		challenge(k, "DPoP");
	if (k->error == NULL || k->bearer)
		challenge(k, "Bearer");
	call_refuse(c, k->status, k->error == NULL ? "no_token" : k->error,
	    "%s", k->why);
	if (k->entry != NULL)
		note(c, &k->entry->access, "token.refused");
	return DONE;
}

enum next
access_check_even_paused(struct call *c)
{
	struct check *k = (struct check *)c->access;

	if (k->status == 0 && k->verdict == E_CONFLICT)
		fail(k, 401, "invalid_dpop_proof", "the proof was used before");
	if (k->status != 0)
		return refuse(k);
	if (k->verdict != 0) {
		log_warning("call=%s token not checked error=%s", c->id,
		    error_name(k->verdict));
		call_reply_field(c, "Retry-After", "1");
		return call_refuse(c, 503, "try_later",
		    "the database is busy or away; please try again");
	}
	k->access = k->entry->access;
	return NEXT;
}

enum next
access_check(struct call *c)
{
	if (access_check_even_paused(c) == DONE)
		return DONE;
	if (c->access->awaiting)
		call_refuse(c, 403, "awaiting_coholder", "somebody who holds "
		    "these data with the customer has not agreed yet: nothing "
		    "is read until then");
	else if (c->access->paused)
		call_refuse(c, 403, "consent_paused", "the customer has paused "
		    "this consent: nothing is read until it goes on");
	else
		return NEXT;
	note(c, c->access, "pull.refused");
	return DONE;
}

const struct detail *
access_covers(const struct access *a, const char *dataset)
{
	const struct check *k = (const struct check *)a;

	for (size_t i = 0; a->datasets[i] != NULL; i++)
		if (strcmp(a->datasets[i], dataset) == 0)
			return &k->entry->details[i];
	return NULL;
}

void
access_insufficient(struct call *c)
{
	struct check *k = (struct check *)c->access;

	k->error = "insufficient_scope";
	k->why = "the customer did not allow this data set";
	challenge(k, k->bearer ? "Bearer" : "DPoP");
}
