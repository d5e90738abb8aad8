/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth.c - the client proves who it is (private_key_jwt or its certificate),
 * and, if it sent one, which DPoP key it holds.
 */
#include "consent/auth.h"
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/settings.h"
#include "consent/assertion.h"
#include "consent/pace.h"
#include "journal/gate.h"
#include "journal/line.h"

enum { ASSERTION, PROOF, LINES_EVERY_US = 1000000,
    BURST_S = 10 };

/* ---- refusing ---- */

/* A line for clients we know, one a second: whoever knocks with another's name
 * must not be able to fill the journal. The log has them all. */
static void
note(struct call *c, const char *client, const char *why)
{
	static int64_t last_us;
	struct line line = {
	    .event = "client.refused", .to = client, .records = -1, .bytes = -1,
	    .actor = "recipient", .reason = why, .call = c->id };
	struct line_row row;

	if (clock_mono_us() - last_us < LINES_EVERY_US)
		return;
	last_us = clock_mono_us();
	line_make(&row, c->arena, &line);
	gate_note(c->house->gate, &row);
}

static enum next
refuse(struct call *c, const char *why)
{
	struct auth *auth = c->own;
	const struct client *m = auth->search.found;

	log_info("call=%s client=%s refused why=%s", c->id,
	    m == NULL ? "unknown" : m->id, log_quote(c->arena, why));
	if (m != NULL)
		note(c, m->id, why);
	return call_refuse(c, 401, "invalid_client", "%s", why);
}

/* ---- who? ---- */

static enum next
check_form(struct call *c, const char **why)
{
	const char *type = call_form_arg(c, "client_assertion_type");
	struct auth *auth = c->own;

	*why = NULL;
	auth->assertion = call_form_arg(c, "client_assertion");
	if (call_field(c, "authorization") != NULL ||
	    call_form_arg(c, "client_secret") != NULL)
		*why = "clients prove themselves by private_key_jwt or a "
		    "certificate, never by a shared secret";
	else if (auth->assertion != NULL &&
	    (type == NULL || strcmp(type, ASSERTION_TYPE) != 0))
		*why = "client_assertion_type must be " ASSERTION_TYPE;
	else if (auth->assertion == NULL && c->certificate == NULL)
		*why = "the client did not prove who it is: client_assertion is "
		    "missing";
	return *why == NULL ? NEXT : DONE;
}

enum next
auth_find(struct call *c)
{
	struct auth *auth = c->own;
	const char *id = call_form_arg(c, "client_id"), *why;
	const char *twice = call_args_repeated(c);

	auth->call = c;
	if (twice != NULL)
		return call_refuse(c, 400, "invalid_request",
		    "a parameter was given twice");
	if (check_form(c, &why) == DONE)
		return refuse(c, why);
	if (auth->assertion != NULL) {
		const char *sub = assertion_subject(c->arena, auth->assertion);

		if (sub == NULL)
			return refuse(c, "the assertion is no signed JWT with a "
			    "sub, or its typ or alg is not accepted");
		if (id != NULL && strcmp(id, sub) != 0)
			return refuse(c, "client_id and the assertion differ");
		id = sub;
	}
	if (id == NULL)
		return refuse(c, "client_id is missing");
	return client_find(c, &auth->search, id);
}

/* ---- proven? ---- */

static bool
shows_certificate(const struct client *m, struct call *c)
{
	for (size_t i = 0; c->certificate != NULL && i < m->certificate_count; i++)
		if (strcmp(m->certificates[i], c->certificate) == 0)
			return true;
	return false;
}

/* 0, or E_DENIED and why. */
static int
prove(struct auth *auth, const struct client *m, const char **why)
{
	struct call *c = auth->call;
	struct auth_spend *s = &auth->spends[ASSERTION];

	*why = "this client is not known here";
	if (m == NULL || strcmp(m->kind, "oauth") != 0)
		return E_DENIED;
	*why = strcmp(m->state, "suspended") == 0 ? "this client is suspended" :
	    "this client is not admitted (yet): a person looks at requests";
	if (m->suspended)
		return E_DENIED;
	*why = "this client proves itself by its certificate alone";
	if (m->auth == CLIENT_CERTIFICATE && auth->assertion != NULL)
		return E_DENIED;
	if (m->auth == CLIENT_CERTIFICATE) {
		*why = "the certificate is not one registered for this client";
		return shows_certificate(m, c) ? 0 : E_DENIED;
	}
	*why = "this client must send a client_assertion";
	if (auth->assertion == NULL)
		return E_DENIED;
	s->used = true;
	return assertion_check(&s->use, c->arena, m,
	    c->house->settings->public_url, auth->assertion, why);
}

static void
on_verdict(int verdict, void *arg)
{
	struct auth_spend *s = arg;
	struct auth *auth = s->auth;

	s->wait = NULL;
	s->verdict = verdict;
	if (auth->spends[ASSERTION].wait == NULL &&
	    auth->spends[PROOF].wait == NULL)
		call_wake(auth->call, 0);
}

static void
forget(void *arg)
{
	struct auth *auth = arg;

	for (size_t i = 0; i < countof(auth->spends); i++)
		if (auth->spends[i].wait != NULL)
			once_forget(auth->spends[i].wait);
}

static enum next
spend(struct auth *auth)
{
	struct call *c = auth->call;
	bool asleep = false;

	for (size_t i = 0; i < countof(auth->spends); i++) {
		struct auth_spend *s = &auth->spends[i];

		s->auth = auth;
		if (!s->used)
			continue;
		s->wait = once_spend(c->house->once, &s->use, on_verdict, s);
		if (s->wait == NULL)
			s->verdict = E_FULL;
		asleep = asleep || s->wait != NULL;
	}
	return asleep ? call_wait(c, forget, auth) : NEXT;
}

/* ---- once more, with keys as they are now ---- */

static enum next
fetch(struct auth *auth, const struct client *m)
{
	if (auth->fetched)
		return NEXT;
	auth->fetched = true;
	auth->spends[ASSERTION].used = false;
	return client_keys_fetch(auth->call, &auth->keys, m);
}

enum next
auth_find_again(struct call *c)
{
	struct auth *auth = c->own;

	call_goto(c, "authenticate");
	return client_find_anew(c, &auth->search, auth->search.found->id);
}

enum next
auth_check(struct call *c)
{
	struct auth *auth = c->own;
	const struct client *m = client_found(c, &auth->search);
	const char *why;
	int rc;

	if (m != NULL && client_keys_old(m) && fetch(auth, m) == WAIT)
		return WAIT;
	if ((rc = prove(auth, m, &why)) < 0) {
		/* an unknown key may be a new one */
		if (rc == E_NOT_FOUND && client_keys_floor(m) &&
		    fetch(auth, m) == WAIT)
			return WAIT;
		return refuse(c, why);
	}
	rc = proof_check(&auth->dpop, c, NULL, &why);
	if (rc == E_EXPIRED)
		return call_refuse(c, 400, "use_dpop_nonce", "%s", why);
	if (rc < 0 && rc != E_NOT_FOUND)
		return call_refuse(c, 400, "invalid_dpop_proof", "%s", why);
	auth->proved = auth->spends[PROOF].used = rc == 0;
	auth->spends[PROOF].use = auth->dpop.once;
	call_goto(c, "spend proofs");
	return spend(auth);
}

enum next
auth_done(struct call *c)
{
	struct auth *auth = c->own;
	int assertion = auth->spends[ASSERTION].verdict;
	int proof = auth->spends[PROOF].verdict;

	if (assertion == E_CONFLICT)
		return refuse(c, "the assertion's jti was used before");
	if (proof == E_CONFLICT)
		return call_refuse(c, 400, "invalid_dpop_proof",
		    "the proof's jti was used before");
	if (assertion != 0 || proof != 0) {
		call_reply_field(c, "Retry-After", "1");
		return call_refuse(c, 503, "temporarily_unavailable",
		    "the database is busy or away; please try again");
	}
	auth->client = auth->search.found;
	return NEXT;
}

/* Ten seconds fill what may come at once. */
enum next
auth_hold_back(struct call *c, struct pace *pace, int64_t per_second)
{
	struct auth *auth = c->own;

	pace->per_second = (double)per_second;
	pace->burst = (double)per_second * BURST_S;
	if (per_second == 0 || pace_allows(pace, auth->client->id))
		return NEXT;
	call_reply_field(c, "Retry-After", "%d", BURST_S);
	return call_refuse(c, 429, "temporarily_unavailable",
	    "too many requests of this client; please slow down");
}
