/* SPDX-License-Identifier: Apache-2.0 */
/* password.c - what is kept of a demo customer's password: scrypt. */
#include "crypto/password.h"
#include <assert.h>
#include <openssl/evp.h>
#include <string.h>
#include "crypto/hash.h"

enum { SALT = 16, KEY = 32, COST = 1024, BLOCK = 8 };

static void
derive(uint8_t out[KEY], const char *password, const uint8_t salt[SALT])
{
	int ok = EVP_PBE_scrypt(password, strlen(password), salt, SALT, COST,
	    BLOCK, 1, 0, out, KEY);

	assert(ok == 1);
}

void
password_hash(uint8_t out[PASSWORD_HASH_SIZE], const char *password)
{
	random_bytes(out, SALT);
	derive(out + SALT, password, out);
}

bool
password_is(const char *password, const uint8_t *kept, size_t n)
{
	static const uint8_t nobody[PASSWORD_HASH_SIZE];
	bool known = kept != NULL && n == PASSWORD_HASH_SIZE;
	uint8_t key[KEY];

	if (!known)
		kept = nobody;
	derive(key, password, kept);
	return same_bytes(key, kept + SALT, KEY) && known;
}
