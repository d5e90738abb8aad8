/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash.c - SHA-256, HMAC, random bytes, over OpenSSL.
 *
 * Algorithms are fetched and contexts made once per process: a fetch by name
 * at each call costs more than a short hash. Processes here have one thread.
 */
#include "crypto/hash.h"
#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <string.h>
#include "base/text.h"

void
sha256_pieces(uint8_t out[SHA256_SIZE], const struct piece *pieces, size_t n)
{
	static EVP_MD *md;
	static EVP_MD_CTX *ctx;
	int ok;

	if (ctx == NULL) {
		md = EVP_MD_fetch(NULL, "SHA256", NULL);
		ctx = EVP_MD_CTX_new();
	}
	ok = EVP_DigestInit_ex2(ctx, md, NULL);
	for (size_t i = 0; i < n; i++)
		ok &= EVP_DigestUpdate(ctx, pieces[i].data, pieces[i].n);
	ok &= EVP_DigestFinal_ex(ctx, out, NULL);
	assert(ok == 1);
}

void
sha256(uint8_t out[SHA256_SIZE], const void *data, size_t n)
{
	sha256_pieces(out, &(struct piece){ data, n }, 1);
}

bool
sha256_rest(uint8_t out[SHA256_SIZE], FILE *f)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok = EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);
	char some[16384];
	size_t n;

	while ((n = fread(some, 1, sizeof(some), f)) > 0)
		ok &= EVP_DigestUpdate(ctx, some, n);
	ok &= EVP_DigestFinal_ex(ctx, out, NULL);
	assert(ok == 1);
	EVP_MD_CTX_free(ctx);
	return !ferror(f);
}

static EVP_MAC_CTX *
hmac_context(void)
{
	OSSL_PARAM digest[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
		    (char *)"SHA256", 0),
		OSSL_PARAM_construct_end()
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
	int ok = EVP_MAC_CTX_set_params(ctx, digest);

	assert(ok == 1);
	EVP_MAC_free(mac);		/* the context holds it */
	return ctx;
}

void
hmac_sha256(uint8_t out[SHA256_SIZE], const uint8_t *key, size_t key_n,
    const void *data, size_t n)
{
	static const uint8_t none[1];
	static EVP_MAC_CTX *ctx;
	size_t len;
	int ok;

	if (ctx == NULL)
		ctx = hmac_context();
	/* a NULL key would mean "the one before"; the digest stays */
	ok = EVP_MAC_init(ctx, key_n > 0 ? key : none, key_n, NULL);
	ok &= EVP_MAC_update(ctx, data, n);
	ok &= EVP_MAC_final(ctx, out, &len, SHA256_SIZE);
	assert(ok == 1 && len == SHA256_SIZE);
}

/*
 * A call takes a few bytes five times, and asking OpenSSL costs a microsecond
 * whatever the number: small takers share what one asking gave. A child must
 * not go on with its parent's; what was given is not kept.
 */
static struct { uint8_t bytes[512]; size_t left; } pool;

static void
pool_forget(void)
{
	OPENSSL_cleanse(&pool, sizeof(pool));
}

static void
pool_fill(void)
{
	static bool told;
	int ok = RAND_bytes(pool.bytes, sizeof(pool.bytes));

	assert(ok == 1);
	pool.left = sizeof(pool.bytes);
	if (!told)
		told = pthread_atfork(NULL, NULL, pool_forget) == 0;
	assert(told);
}

void
random_bytes(void *out, size_t n)
{
	if (n > sizeof(pool.bytes) / 8) {
		int ok = RAND_bytes(out, (int)n);

		assert(ok == 1);
		return;
	}
	if (pool.left < n)
		pool_fill();
	pool.left -= n;
	memcpy(out, pool.bytes + pool.left, n);
	OPENSSL_cleanse(pool.bytes + pool.left, n);
}

bool
same_bytes(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

void
random_token(char *out, size_t n)
{
	uint8_t bytes[64];

	assert(n <= sizeof(bytes));
	random_bytes(bytes, n);
	b64url_encode(out, bytes, n);
	OPENSSL_cleanse(bytes, sizeof(bytes));
}
