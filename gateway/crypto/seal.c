/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal.c - small secrets at rest: AES-256-GCM, base64url.
 *
 * The nonce is random (96 bits), the context (table, column, row) is
 * authenticated, so that a sealed text moved elsewhere does not open.
 */
#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>
#include "base/arena.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/keys.h"
#include "crypto/keys_own.h"

enum { ID = 4, NONCE = 12, TAG = 16, FRAME = ID + NONCE + TAG,
    SEAL_MAX = 1 << 20 };

static EVP_CIPHER_CTX *
cipher_begin(const uint8_t key[32], const uint8_t *nonce, const char *context,
    int sealing)
{
	static EVP_CIPHER *gcm;
	static EVP_CIPHER_CTX *ctx;
	int n, ok;

	if (ctx == NULL) {
		gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
		ctx = EVP_CIPHER_CTX_new();
	}
	ok = EVP_CipherInit_ex2(ctx, gcm, key, nonce, sealing, NULL);
	ok &= EVP_CipherUpdate(ctx, NULL, &n, (const uint8_t *)context,
	    (int)strlen(context));
	assert(ok == 1);
	return ctx;
}

char *
seal(const struct keys *k, struct arena *a, const char *context,
    const void *plain, size_t n)
{
	uint8_t *out = arena_alloc(a, FRAME + n), *cipher = out + ID + NONCE;
	const struct seal_key *key;
	EVP_CIPHER_CTX *ctx;
	int len, more, ok;

	assert(n <= SEAL_MAX);
	keys_seal_look((struct keys *)(uintptr_t)k);
	key = &k->seals[k->seals_n - 1];
	memcpy(out, key->id, ID);
	random_bytes(out + ID, NONCE);
	ctx = cipher_begin(key->bytes, out + ID, context, 1);
	ok = EVP_CipherUpdate(ctx, cipher, &len, plain, (int)n);
	ok &= EVP_CipherFinal_ex(ctx, cipher + len, &more);
	ok &= EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, cipher + n);
	assert(ok == 1 && (size_t)(len + more) == n);
	return b64url_text(a, out, FRAME + n);
}

static const struct seal_key *
key_known(const struct keys *k, const uint8_t *id)
{
	for (size_t i = 0; i < k->seals_n; i++)
		if (memcmp(k->seals[i].id, id, ID) == 0)
			return &k->seals[i];
	return NULL;
}

/* Keys are constant to whoever holds them; that one is learned is ours. */
static const struct seal_key *
key_find(const struct keys *k, const uint8_t *id)
{
	const struct seal_key *key = key_known(k, id);

	if (key == NULL && keys_seal_learn((struct keys *)(uintptr_t)k, id))
		key = key_known(k, id);
	return key;
}

bool
sealed_newest(const struct keys *k, const char *sealed)
{
	uint8_t id[6];			/* eight characters are six bytes */

	return strlen(sealed) >= 8 &&
	    b64url_decode(id, sizeof(id), sealed, 8) == sizeof(id) &&
	    memcmp(id, k->seals[k->seals_n - 1].id, ID) == 0;
}

char *
unseal(const struct keys *k, struct arena *a, const char *context,
    const char *sealed, size_t *n)
{
	size_t room = strnlen(sealed, 2 * SEAL_MAX);
	uint8_t *in = arena_alloc(a, room + 1);
	char *plain = arena_alloc(a, room + 1);
	int all = b64url_decode(in, room, sealed, room), len, more, ok;
	const struct seal_key *key;
	EVP_CIPHER_CTX *ctx;

	if (all < FRAME || (key = key_find(k, in)) == NULL)
		return NULL;
	ctx = cipher_begin(key->bytes, in + ID, context, 0);
	ok = EVP_CipherUpdate(ctx, (uint8_t *)plain, &len, in + ID + NONCE,
	    all - FRAME);
	ok &= EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG,
	    in + all - TAG);
	if (ok != 1 || EVP_CipherFinal_ex(ctx, (uint8_t *)plain + len, &more) != 1) {
		OPENSSL_cleanse(plain, room);	/* what does not verify is not shown */
		return NULL;
	}
	*n = (size_t)(all - FRAME);
	plain[*n] = '\0';
	return plain;
}
