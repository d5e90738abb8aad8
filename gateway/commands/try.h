/* SPDX-License-Identifier: Apache-2.0 */
/*
 * try.h - a PIMS in a few files: its key, its requests, the whole way.
 *
 * For developers who look before they build: it knows nothing of this program's
 * inside but what any PIMS knows.
 */
#ifndef TRY_H
#define TRY_H
#include <jansson.h>
#include <openssl/evp.h>
#include "base/attr.h"

struct arena;

/* ---- try_sign.c ---- */
/* A new ES256 key in a file of ours alone. */
MUST_CHECK int try_key_make(const char *path);
EVP_PKEY *try_key_read(const char *path);	/* or says why not; NULL */
json_t *try_key_public(EVP_PKEY *);		/* a JWK with kid and use */
/* RFC 7523, and RFC 9449; texts in the arena. */
char *try_assertion(struct arena *, EVP_PKEY *, const char *client,
    const char *audience);
char *try_proof(struct arena *, EVP_PKEY *, const char *method, const char *url,
    const char *token, const char *nonce);

/* ---- try_http.c: one asker, with the cookies of a browser ---- */
struct try_http;
struct answer {
	long status;
	char *body;			/* in the arena */
	char *location, *nonce;		/* or NULL */
};
struct try_http *try_http_new(struct arena *, const char *ca_file);
void try_http_free(struct try_http *);
/* For a tool that tells by itself: nothing is printed, a failure is kept. */
void try_http_quiet(struct try_http *);
const char *try_http_said(const struct try_http *);
void try_say(struct try_http *, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Asks this address whatever host a URL names (whose certificate it must show);
 * and with this cookie ("name=value"). */
void try_http_at(struct try_http *, const char *address);
void try_http_cookie(struct try_http *, const char *);
/* form NULL: GET. fields: NULL-terminated lines, or NULL. Prints the exchange
 * on stderr. 0, or E_UNAVAILABLE after having said why. */
MUST_CHECK int try_ask(struct try_http *, struct answer *, const char *url,
    const char *form, const char *const *fields);

/* ---- try_flow.c ---- */
struct attempt {
	const char *at, *client, *redirect_uri, *datasets, *login, *password, *ca;
	EVP_PKEY *key;
};
/* The way, step by step: 0 or text, or it is said why not. last: the answer. */
struct flow {
	struct arena *a;
	const struct attempt *t;
	struct try_http *http;
	json_t *server, *tokens;
	const char *verifier, *nonce;
	struct answer last;
};
MUST_CHECK int try_learn(struct flow *);		/* metadata */
const char *try_push(struct flow *);			/* PAR: request_uri */
const char *try_agree(struct flow *, const char *request_uri);	/* the code */
MUST_CHECK int try_exchange(struct flow *, const char *code);	/* tokens */
json_t *try_read(struct flow *, const char *dataset, int limit);

/* Prints what it got as JSON; an exit code. */
int try_flow(struct arena *, const struct attempt *);

#endif
