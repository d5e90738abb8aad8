/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys.h - the keys of this installation, from the keys directory.
 *
 *     sign-es256.pem      signs receipts, signals, DPoP proofs and assertions
 *     sign-es256-next.pem announced: published, and signs nothing yet
 *     sign-<kid>.pub      signed once: published, so that receipts of then verify
 *     seal-<id>.key       32 bytes, AES-256-GCM; the newest seals, all open
 *     journal-<log>.pub   what verifies the journal's checkpoints
 *     journal-<log>.pem   Ed25519, what signs them: the signer's alone, perhaps
 *                         in a directory of its own
 *     ticket.key          32 bytes, TLS session tickets of all workers
 * Secret files must belong to us and not be readable by others (mode & 077 == 0).
 */
#ifndef KEYS_H
#define KEYS_H
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/attr.h"

struct arena;
struct fault;
struct keys;

MUST_CHECK int keys_load(struct keys **out, const char *dir, struct fault *);
/* Makes what is missing; prints each file made on stdout. */
MUST_CHECK int keys_make(const char *dir, struct fault *);
/* The same of the journal: secret halves in dir, public ones beside our keys. */
MUST_CHECK int keys_make_signer(const char *dir, const char *public,
    struct fault *);
/* Writes one public half, unless it is there. */
MUST_CHECK int keys_publish(const char *dir, const char *log, EVP_PKEY *,
    struct fault *);
/* A next signing key: published from now on, for whoever keeps our set a while. */
MUST_CHECK int keys_sign_announce(const char *dir, struct fault *);
/* The next one signs; of the former, the public half stays published. */
MUST_CHECK int keys_sign_switch(const char *dir, struct fault *);
/* One more sealing key, newer than all there are. */
MUST_CHECK int keys_seal_new(const char *dir, struct fault *);
void keys_free(struct keys *);

EVP_PKEY *keys_signing(const struct keys *);		/* ES256, ours to keep */
const char *keys_signing_kid(const struct keys *);	/* its RFC 7638 thumbprint */
const char *keys_jwks(const struct keys *);		/* {"keys":[...]}, public */
/* The public key of that log ("restitution", ...); NULL: there is none. */
EVP_PKEY *keys_journal(const struct keys *, const char *log);
/* What signs it, to be freed: for the signer, and for nobody else. */
MUST_CHECK int keys_signer(EVP_PKEY **, const char *dir, const char *log,
    struct fault *);
const uint8_t *keys_ticket(const struct keys *);	/* 32 bytes */

/*
 * Seals a text with AES-256-GCM; context is authenticated, not carried.
 * The result is base64url: key id (4) | nonce (12) | cipher | tag (16).
 */
char *seal(const struct keys *, struct arena *, const char *context,
    const void *plain, size_t n);
/* The plain text (NUL-terminated, *n its length), or NULL: altered, foreign
 * context, unknown key. A key made since we started is read from the directory
 * when it is met, and seals from then on: rotation needs no restart. */
char *unseal(const struct keys *, struct arena *, const char *context,
    const char *sealed, size_t *n);
/* By the newest key we know? */
bool sealed_newest(const struct keys *, const char *sealed);

#endif
