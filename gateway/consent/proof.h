/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proof.h - a DPoP proof (RFC 9449): this request is made by the holder of
 * that key, now, for this URL, with this token.
 */
#ifndef CONSENT_PROOF_H
#define CONSENT_PROOF_H
#include "consent/once.h"
#include "http/call.h"

#define PROOF_PAST_S	60	/* how old a proof may be */
#define PROOF_FUTURE_S	10	/* and how far ahead its clock (FAPI 2.0: 10) */
#define PROOF_ALGS	"ES256 PS256 EdDSA Ed25519"

struct dpop {
	char jkt[44];		/* RFC 7638 thumbprint of its key */
	struct once_use once;	/* to be spent */
};

/*
 * Checks all but the jti's first use. token: the access token it must name
 * (ath), or NULL at the authorisation server. 0; E_NOT_FOUND: the request has
 * none; E_BAD_INPUT and why, fit for error_description; E_EXPIRED: all is well
 * but its nonce (nonce.h), a fresh one is told.
 */
MUST_CHECK int proof_check(struct dpop *, struct call *, const char *token,
    const char **why);
/* For tests: is htu this URL? (host without case, default port, no query) */
bool proof_url_is(struct call *, const char *htu);

#endif
