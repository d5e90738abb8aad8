/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assertion.h - private_key_jwt (RFC 7523, FAPI 2.0): a client proves itself.
 *
 * iss = sub = the client, aud = our issuer as one string and nothing else, exp
 * at most five minutes ahead, a jti of one use, signed by a registered key.
 */
#ifndef ASSERTION_H
#define ASSERTION_H
#include "consent/client.h"
#include "consent/once.h"

#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#define ASSERTION_LIFE_MAX_S 300
#define ASSERTION_FUTURE_S 10

/* Who it claims to be, nothing verified; NULL when unreadable. */
const char *assertion_subject(struct arena *, const char *assertion);
/* 0, or E_DENIED and why; E_NOT_FOUND: by a key that we do not know. */
MUST_CHECK int assertion_check(struct once_use *, struct arena *,
    const struct client *,
    const char *issuer, const char *assertion, const char **why);

#endif
