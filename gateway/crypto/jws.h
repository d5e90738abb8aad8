/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jws.h - the gate every signed object from outside passes (RFC 7515, 8725).
 *
 * The order is fixed: size, three canonical base64url parts, JSON without
 * duplicate members, typ and alg as *we* expect for the *key we hold*, then
 * the signature, on OpenSSL with imported keys kept. Nothing in the token
 * chooses how it is checked. Algorithms: ES256, PS256, EdDSA (Ed25519); RS256
 * for the organisation's own sign-in provider alone, whose keys jwk_read_login
 * reads: a PIMS' key is never of that algorithm.
 */
#ifndef JWS_H
#define JWS_H
#include <jansson.h>
#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>
#include "base/attr.h"

#define JWS_MAX 8192

enum jws_alg { JWS_ES256 = 1, JWS_PS256, JWS_EDDSA, JWS_RS256 };

struct arena;

/* ---- public keys (RFC 7517) ---- */
struct jwk {
	enum jws_alg alg;	/* fixed by the key's type, never by a token */
	EVP_PKEY *key;
	char thumbprint[44];	/* RFC 7638, SHA-256, base64url */
	char kid[128];		/* "" when none */
};
/* Refuses private members, points off the curve, RSA under 2048 bits... The
 * key is shared from a bounded cache: jwk_clear gives the reference back. */
MUST_CHECK int jwk_read(struct jwk *, const json_t *jwk, const char **why);
/* A key of the sign-in provider: an RSA key that does not say its alg is for
 * rsa (JWS_RS256 or JWS_PS256, as registered there). */
MUST_CHECK int jwk_read_login(struct jwk *, const json_t *jwk, enum jws_alg rsa,
    const char **why);
void jwk_clear(struct jwk *);
json_t *jwk_public(EVP_PKEY *);		/* the JWK of a key of ours; NULL = no */

/* ---- tokens ---- */
struct jws {
	json_t *header, *claims;	/* claims: an object */
	enum jws_alg alg;
	const char *signed_part;	/* header.payload, in the caller's text */
	size_t signed_n;
	uint8_t signature[512];
	size_t signature_n;
};
/*
 * Takes the token apart without believing it. typs: the accepted values,
 * NULL-terminated ("" = absent is fine), compared without case. why names what
 * was wrong, a static sentence fit for error_description. The object must be
 * cleared after success only.
 */
MUST_CHECK int jws_parse(struct jws *, const char *token, size_t n,
    const char *const *typs, const char **why);
/* The same for an id_token: RS256 is an algorithm too (OpenID Connect Core). */
MUST_CHECK int jws_parse_login(struct jws *, const char *token, size_t n,
    const char *const *typs, const char **why);
/* A receipt of ours that came back: larger, ES256 alone in the end. */
enum { JWS_OWN_MAX = 256 * 1024 };
MUST_CHECK int jws_parse_own(struct jws *, const char *token, size_t n,
    const char *const *typs, const char **why);
MUST_CHECK int jws_verify(const struct jws *, const struct jwk *);
void jws_clear(struct jws *);

/* Signs as ES256 (P-256 key) or EdDSA. header: extra members, may be NULL. */
char *jws_sign(struct arena *, EVP_PKEY *, const char *typ, json_t *header,
    const json_t *claims);

#endif
