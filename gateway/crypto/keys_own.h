/* SPDX-License-Identifier: Apache-2.0 */
/* keys_own.h - what keys.c and seal.c share; nobody else includes it. */
#ifndef KEYS_OWN_H
#define KEYS_OWN_H
#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>

enum { SEALS_MAX = 32, LOGS_MAX = 8 };

struct seal_key {
	uint8_t id[4];		/* when it was made: the greatest is the newest */
	uint8_t bytes[32];
};

struct log_key {
	char log[32];
	EVP_PKEY *key;
};

struct keys {
	EVP_PKEY *signing;
	char kid[44];
	char *jwks;
	uint8_t ticket[32];
	struct seal_key seals[SEALS_MAX];	/* by id */
	size_t seals_n;
	struct log_key logs[LOGS_MAX];
	size_t logs_n;
};

#endif
