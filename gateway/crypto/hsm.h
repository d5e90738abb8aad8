/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hsm.h - Ed25519 keys that never leave their token (PKCS#11: an HSM, SoftHSM).
 *
 * A token is named by an RFC 7512 URI, which also says how to reach it:
 *
 *     pkcs11:token=guichet?module-path=/usr/lib/softhsm/libsofthsm2.so
 *         &pin-source=file:/etc/guichet/hsm-pin
 *
 * Signatures are CKM_EDDSA (PKCS#11 3.0, section 2.3.14), without parameters:
 * pure Ed25519, as RFC 8032 has it. The token is talked to directly: the OpenSSL
 * engine of Debian 12 knows no Ed25519. One thread, one session.
 */
#ifndef HSM_H
#define HSM_H
#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>
#include "base/attr.h"

struct fault;
struct hsm;

enum { HSM_SIGNATURE = 64, HSM_WHY = 160 };

/* Loads the module, finds the token, logs in. */
MUST_CHECK int hsm_open(struct hsm **, const char *uri, struct fault *);
void hsm_close(struct hsm *);				/* NULL is welcome */
/* The public half of the key pair of that label; to be freed. */
MUST_CHECK int hsm_public(EVP_PKEY **, struct hsm *, const char *label,
    struct fault *);
/*
 * Signs with the private key of that label. A session that was lost (the token was
 * pulled, the HSM restarted) is opened once more. What the token says is checked
 * against the public half. E_UNAVAILABLE: why tells.
 */
MUST_CHECK int hsm_sign(uint8_t out[HSM_SIGNATURE], struct hsm *,
    const char *label, EVP_PKEY *public, const void *text, size_t n,
    char why[HSM_WHY]);

#endif
