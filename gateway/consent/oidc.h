/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oidc.h - signing somebody in at an OpenID Connect provider (Core 1.0).
 *
 * Code flow with PKCE (RFC 7636), state and nonce; the id_token passes the gate
 * (crypto/jws.h). Nothing is stored here between leaving and coming back: what
 * must be remembered travels in a sealed cookie of ten minutes. Customers and
 * staff each have a struct oidc of their own. As steps of a route:
 *
 *     leave:  { "know provider", know }	return oidc_know(c, o);
 *             { "leave", leave }		oidc_known(o)? oidc_leave(...)
 *     return: { "know provider", know }
 *             { "take code", take }		return oidc_take(c, o, &own->visit)
 *             { "check identity", check }	return oidc_check(c, &own->visit)
 *             then own->visit.why != NULL: refused; else .claims tell who.
 *
 * A step that waits is followed by one that reads; oidc_check asks for more by
 * itself (keys that were renewed, userinfo) and comes back to the step of the
 * name it was given.
 */
#ifndef OIDC_H
#define OIDC_H
#include <jansson.h>
#include "http/call.h"

struct event_base;
struct keys;
struct settings;

struct oidc_options {
	const char *name;		/* "login", "staff": of its cookie */
	const char *issuer, *client_id;
	const char *secret_file;	/* "" = private_key_jwt, our signing key */
	const char *ca_file;		/* "" = the system's authorities alone */
	const char *scope;
	const char *rsa_alg;		/* "RS256" or "PS256": see jwk_read_login */
	const char *redirect_uri;	/* ours, absolute */
	const char *back_uri;		/* where signing out ends, absolute */
	/* claims that must be known; asked of userinfo when the id_token has
	 * them not. NULL-terminated, borrowed */
	const char *const *claims;
};
/* Copies the texts; ends the process when the secret cannot be read. Asks for
 * the provider's configuration at once, but does not wait for it. */
struct oidc *oidc_new(struct event_base *, const struct settings *,
    const struct keys *, const struct oidc_options *);
void oidc_free(struct oidc *);			/* NULL is welcome */

/* A step's last word: NEXT, or WAIT for discovery (OpenID Connect Discovery
 * 1.0) and keys. Then oidc_known: false = the provider is away or not usable. */
enum next oidc_know(struct call *, struct oidc *);
bool oidc_known(const struct oidc *);

/* ---- leaving ---- */
struct oidc_wish {
	const char *next;	/* carried there and back: a path of ours */
	const char *acr;	/* how strongly, or NULL */
	int64_t max_age_s;	/* how recently; -1 = does not matter */
	const char *lang;	/* "fr" */
};
/* Where to send the browser. Sets the cookie. */
const char *oidc_leave(struct call *, const struct oidc *, const struct oidc_wish *);

/* ---- coming back ---- */
struct oidc_visit {
	/* as carried */
	const char *next, *acr;
	int64_t max_age_s;
	const char *nonce, *verifier;
	/* what came of it */
	const char *why;	/* a steady word, or NULL: "state", "refused"... */
	json_t *claims;		/* of id_token, and of userinfo beside */
	int64_t auth_time_us;	/* when she proved who she is */
	/* under way */
	const char *code;
	struct oidc *oidc;
	struct http_job *job;
	const char *id_token, *access_token;
	bool keys_asked, userinfo_asked;
	int status;
	const char *answer;
};
/* Reads cookie and query, ends the cookie, asks for the tokens. NEXT when why
 * is set already. */
enum next oidc_take(struct call *, struct oidc *, struct oidc_visit *);
/* Checks what came (Core 3.1.3.7); step: the name of the caller's own step. */
enum next oidc_check(struct call *, struct oidc_visit *, const char *step);
/* A claim by its path, "sub" or "realm_access.roles"; NULL when absent. */
const json_t *oidc_claim(const struct oidc_visit *, const char *path);
/* The same as a text; numbers too. NULL when absent or something else. */
const char *oidc_claim_text(struct arena *, const struct oidc_visit *,
    const char *path);

/* ---- signing out there too (RP-Initiated Logout 1.0) ---- */
/* NULL when the provider knows no such thing. */
const char *oidc_logout_url(struct call *, const struct oidc *);

#endif
