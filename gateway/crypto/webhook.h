/* SPDX-License-Identifier: Apache-2.0 */
/*
 * webhook.h - Standard Webhooks 1.0.0: secrets of an endpoint, and signatures.
 *
 * What is signed is `id.timestamp.body`. Each key signs twice: v1 is
 * HMAC-SHA-256 (whsec_), which the recipient could forge too; v1a is Ed25519
 * (whpk_), which it can show to others. While keys are being replaced both
 * the new and the old ones sign, the newest first.
 */
#ifndef WEBHOOK_H
#define WEBHOOK_H
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include "base/attr.h"

struct arena;

enum { WEBHOOK_KEYS_MAX = 4 };

struct webhook_key {
	uint8_t hmac[32], seed[32];	/* seed: of the Ed25519 key */
	int64_t until_s;		/* it signs until then; 0 = no end */
};
struct webhook_keys {
	struct webhook_key list[WEBHOOK_KEYS_MAX];	/* the newest first */
	int n;
};

void webhook_key_make(struct webhook_key *);
/* A new first one; those before sign until then. The oldest may fall out. */
void webhook_keys_rotate(struct webhook_keys *, int64_t until_s);

/* "whsec_...", "whpk_...": what the recipient checks signatures with. */
char *webhook_secret(const struct webhook_key *, struct arena *);
char *webhook_public(const struct webhook_key *, struct arena *);

/* To be sealed, and back; E_BAD_INPUT when it is not ours. */
json_t *webhook_keys_json(const struct webhook_keys *);
MUST_CHECK int webhook_keys_read(struct webhook_keys *, const json_t *);

/* The field webhook-signature: "v1,... v1a,..." of every key that still signs. */
char *webhook_sign(const struct webhook_keys *, struct arena *, const char *id,
    int64_t now_s, const void *body, size_t n);

#endif
