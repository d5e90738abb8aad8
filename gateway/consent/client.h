/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.h - a PIMS as registered: who it is, how it proves it, what it may ask.
 *
 * Registrations are kept in this worker and dropped on NOTIFY guichet_client;
 * while LISTEN is down each question goes to the database.
 */
#ifndef CONSENT_CLIENT_H
#define CONSENT_CLIENT_H
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include "catalogue/catalogue.h"	/* struct wording */
#include "crypto/jws.h"
#include "http/call.h"

enum client_auth { CLIENT_KEY, CLIENT_CERTIFICATE };	/* RFC 7523, RFC 8705 */
enum binding { BIND_DPOP, BIND_MTLS };

#define CLIENT_KEYS_MAX 16

struct client {
	const char *id, *kind, *name;
	const char *uri, *contact;		/* NULL when none */
	struct wording purpose;
	enum client_auth auth;
	enum binding binding;
	bool suspended;			/* or not admitted yet, or gone */
	const char *state;
	const char **redirect_uris, **datasets;	/* NULL-terminated */
	struct jwk keys[CLIENT_KEYS_MAX];
	size_t key_count;
	char certificates[CLIENT_KEYS_MAX][44];	/* x5t#S256 of its x5c's */
	size_t certificate_count;
	const char *jwks_uri;			/* NULL: its keys are fixed */
	int64_t keys_tried_us;			/* when it was last asked; 0 = never */
};

/* One search; lives in the asker's own state. */
struct client_search {
	const struct client *found;
	bool asked;
	unsigned long drops;		/* when it was asked */
};

/* A step's last word: NEXT (known already) or WAIT. The next step takes what
 * was found, or NULL: nobody of that name. It lives as long as the call. */
enum next client_find(struct call *, struct client_search *, const char *id);
const struct client *client_found(struct call *, struct client_search *);

/* Asks the database whatever is remembered. */
enum next client_find_anew(struct call *, struct client_search *, const char *id);

/* Exactly one of its own? (RFC 9700 2.1: no patterns) */
bool client_redirects_to(const struct client *, const char *uri);
bool client_may_ask(const struct client *, const char *dataset);

/* At registration: keys good enough? why names the first that is not. */
MUST_CHECK int client_keys_check(const json_t *jwks, const char **why);

/* ---- this worker's memory of them; access_cache_new makes and drops it ---- */
struct client_cache;
struct client_cache *client_cache_new(void);
void client_cache_free(struct client_cache *);
void client_cache_drop(struct client_cache *, const char *id);	/* NULL = all */
void client_cache_trust(struct client_cache *, bool);	/* does LISTEN flow? */

#endif
