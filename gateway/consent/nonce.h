/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nonce.h - DPoP nonces (RFC 9449 8, 9): when [consent] dpop_nonce is on, a
 * proof must repeat a text of ours that lives five to ten minutes.
 *
 * Nothing is stored: a nonce is a MAC of its five minutes by the key all
 * workers of all hosts share.
 */
#ifndef NONCE_H
#define NONCE_H
#include <stdbool.h>
#include "http/call.h"

#define NONCE_S 300

bool nonce_wanted(const struct call *);
/* Is it of these five minutes or those before? NULL is none. */
bool nonce_fits(struct call *, const char *nonce);
/* Tells the client the present one: the field DPoP-Nonce. */
void nonce_tell(struct call *);

#endif
