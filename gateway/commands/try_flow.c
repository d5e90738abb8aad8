/* SPDX-License-Identifier: Apache-2.0 */
/*
 * try_flow.c - the whole way of a PIMS, with a synthetic customer who agrees:
 * metadata, PAR, sign-in, decision, tokens, first records.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/text.h"
#include "commands/try.h"
#include "crypto/hash.h"

/* ---- small work ---- */

static const char *
endpoint(struct flow *f, const char *name)
{
	return json_string_value(json_object_get(f->server, name));
}

static void
add(struct buf *form, const char *name, const char *value)
{
	if (form->len > 0)
		buf_char(form, '&');
	percent_encode(form, name);
	buf_char(form, '=');
	percent_encode(form, value);
}

static int
told(struct flow *f, const char *what, long status)
{
	if (f->last.status == status)
		return 0;
	try_say(f->http, "%s: %ld instead of %ld\n%.2000s", what, f->last.status,
	    status, f->last.body);
	return E_DENIED;
}

/* As the client: assertion and proof; once more if a nonce is wanted. */
static int
post_proved(struct flow *f, const char *url, const struct buf *params)
{
	for (int again = 0; again < 2; again++) {
		const char *fields[] = { arena_printf(f->a, "DPoP: %s",
		    try_proof(f->a, f->t->key, "POST", url, NULL, f->nonce)),
		    NULL };
		struct buf form;

		buf_init_in(&form, f->a);
		buf_add(&form, params->data, params->len);
		add(&form, "client_assertion_type", "urn:ietf:params:oauth:"
		    "client-assertion-type:jwt-bearer");
		add(&form, "client_assertion", try_assertion(f->a, f->t->key,
		    f->t->client, endpoint(f, "issuer")));
		if (try_ask(f->http, &f->last, url, form.data, fields) < 0)
			return E_UNAVAILABLE;
		if (f->last.nonce == NULL ||
		    strstr(f->last.body, "use_dpop_nonce") == NULL)
			break;
		f->nonce = f->last.nonce;
	}
	return 0;
}

/* ---- the steps ---- */

int
try_learn(struct flow *f)
{
	if (try_ask(f->http, &f->last, arena_printf(f->a,
	    "%s/.well-known/oauth-authorization-server", f->t->at), NULL,
	    NULL) < 0 || told(f, "metadata", 200) < 0)
		return E_UNAVAILABLE;
	f->server = json_loads(f->last.body, JSON_REJECT_DUPLICATES, NULL);
	if (endpoint(f, "pushed_authorization_request_endpoint") != NULL &&
	    endpoint(f, "token_endpoint") != NULL &&
	    endpoint(f, "authorization_endpoint") != NULL &&
	    endpoint(f, "issuer") != NULL)
		return 0;
	try_say(f->http, "these are no metadata of RFC 8414 and 9126");
	return E_BAD_INPUT;
}

const char *
try_push(struct flow *f)
{
	uint8_t random[32], digest[SHA256_SIZE];
	const char *uri = NULL;
	struct buf form;
	json_t *answer;

	random_bytes(random, sizeof(random));
	f->verifier = b64url_text(f->a, random, sizeof(random));
	sha256(digest, f->verifier, strlen(f->verifier));
	buf_init_in(&form, f->a);
	add(&form, "response_type", "code");
	add(&form, "client_id", f->t->client);
	add(&form, "redirect_uri", f->t->redirect_uri);
	add(&form, "code_challenge", b64url_text(f->a, digest, sizeof(digest)));
	add(&form, "code_challenge_method", "S256");
	add(&form, "scope", f->t->datasets);
	if (post_proved(f, endpoint(f, "pushed_authorization_request_endpoint"),
	    &form) < 0 || told(f, "the pushed request", 201) < 0)
		return NULL;
	answer = json_loads(f->last.body, JSON_REJECT_DUPLICATES, NULL);
	uri = arena_strdup(f->a, json_string_value(json_object_get(answer,
	    "request_uri")));
	json_decref(answer);
	return uri;
}

/* Every input of this kind of a page of ours, into the form. */
static void
take_inputs(struct flow *f, struct buf *form, const char *mark, const char *page)
{
	const char *at, *name, *value, *end;

	for (at = page; (at = strstr(at, mark)) != NULL; at += strlen(mark)) {
		const char *close = strchr(at, '>');

		name = strstr(at, "name=\"");
		value = strstr(at, "value=\"");
		if (close == NULL || name == NULL || value == NULL ||
		    name > close || value > close)
			continue;
		name += 6;
		value += 7;
		end = strchr(value, '"');
		add(form, arena_strndup(f->a, name, strcspn(name, "\"")),
		    arena_strndup(f->a, value, (size_t)(end - value)));
	}
}

static int
sign_in(struct flow *f)
{
	const char *url = arena_printf(f->a, "%s/login", f->t->at);
	const char *fields[] = { arena_printf(f->a, "Origin: %s", f->t->at), NULL };
	struct buf form;

	if (try_ask(f->http, &f->last, url, NULL, NULL) < 0 ||
	    told(f, "the sign-in page", 200) < 0)
		return E_UNAVAILABLE;
	buf_init_in(&form, f->a);
	take_inputs(f, &form, "<input type=\"hidden\"", f->last.body);
	add(&form, "login", f->t->login);
	add(&form, "password", f->t->password);
	if (try_ask(f->http, &f->last, url, form.data, fields) < 0)
		return E_UNAVAILABLE;
	return told(f, "signing in", 303);
}

static const char *
code_of(struct flow *f)
{
	const char *at = f->last.location == NULL ? NULL :
	    strstr(f->last.location, "code=");

	if (at == NULL)
		return NULL;
	return percent_decode(f->a, at + 5, strcspn(at + 5, "&"), true);
}

const char *
try_agree(struct flow *f, const char *request_uri)
{
	const char *url = endpoint(f, "authorization_endpoint");
	const char *fields[] = { arena_printf(f->a, "Origin: %s", f->t->at), NULL };
	struct buf query, form;

	buf_init_in(&query, f->a);
	add(&query, "client_id", f->t->client);
	add(&query, "request_uri", request_uri);
	if (try_ask(f->http, &f->last, arena_printf(f->a, "%s?%s", url,
	    query.data), NULL, NULL) < 0 || told(f, "the consent page", 200) < 0)
		return NULL;
	buf_init_in(&form, f->a);
	take_inputs(f, &form, "<input type=\"hidden\"", f->last.body);
	take_inputs(f, &form, "<input type=\"checkbox\"", f->last.body);
	add(&form, "since", "asked");
	add(&form, "days", "30");
	add(&form, "decision", "allow");
	if (try_ask(f->http, &f->last, url, form.data, fields) < 0 ||
	    told(f, "the decision", 303) < 0)
		return NULL;
	return code_of(f);
}

int
try_exchange(struct flow *f, const char *code)
{
	struct buf form;

	buf_init_in(&form, f->a);
	add(&form, "grant_type", "authorization_code");
	add(&form, "code", code);
	add(&form, "redirect_uri", f->t->redirect_uri);
	add(&form, "code_verifier", f->verifier);
	if (post_proved(f, endpoint(f, "token_endpoint"), &form) < 0 ||
	    told(f, "the tokens", 200) < 0)
		return E_DENIED;
	f->tokens = json_loads(f->last.body, JSON_REJECT_DUPLICATES, NULL);
	return json_is_object(f->tokens) ? 0 : E_BAD_INPUT;
}

json_t *
try_read(struct flow *f, const char *dataset, int limit)
{
	const char *token = json_string_value(json_object_get(f->tokens,
	    "access_token"));
	const char *url = arena_printf(f->a, "%s/v1/datasets/%s", f->t->at,
	    dataset);
	const char *fields[] = {
		arena_printf(f->a, "Authorization: DPoP %s", token),
		arena_printf(f->a, "DPoP: %s", try_proof(f->a, f->t->key, "GET",
		    url, token, f->nonce)), NULL };

	if (token == NULL || try_ask(f->http, &f->last, arena_printf(f->a,
	    "%s?limit=%d", url, limit), NULL, fields) < 0 ||
	    told(f, dataset, 200) < 0)
		return NULL;
	return json_loads(f->last.body, JSON_REJECT_DUPLICATES, NULL);
}

/* The first record of each data set, as it came. */
static int
read_all(struct flow *f)
{
	json_t *records = json_object();
	char *list = arena_strdup(f->a, f->t->datasets), *save, *one;
	int rc = 0;

	for (one = strtok_r(list, " ", &save); one != NULL && rc == 0;
	    one = strtok_r(NULL, " ", &save)) {
		json_t *page = try_read(f, one, 1);

		rc = page == NULL ? E_DENIED : 0;
		json_object_set_new(records, one, page);
	}
	json_object_set_new(f->tokens, "pages", records);
	return rc;
}

int
try_flow(struct arena *a, const struct attempt *t)
{
	struct flow f = { .a = a, .t = t, .http = try_http_new(a, t->ca) };
	const char *uri, *code;
	int rc = EX_UNAVAILABLE;

	if (try_learn(&f) == 0 && (uri = try_push(&f)) != NULL && sign_in(&f) == 0 &&
	    (code = try_agree(&f, uri)) != NULL && try_exchange(&f, code) == 0 &&
	    read_all(&f) == 0) {
		json_dumpf(f.tokens, stdout, JSON_INDENT(2) |
		    JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(15));
		putchar('\n');
		rc = EX_OK;
	}
	json_decref(f.server);
	json_decref(f.tokens);
	try_http_free(f.http);
	return rc;
}
