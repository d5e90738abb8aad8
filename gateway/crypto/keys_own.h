/* SPDX-License-Identifier: Apache-2.0 */
/* keys_own.h - what the files of keys share; nobody else includes it. */
#ifndef KEYS_OWN_H
#define KEYS_OWN_H
#include <openssl/evp.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

struct fault;

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
	char *dir;			/* where they were read */
	struct timespec dir_changed;	/* as it was then */
	EVP_PKEY *signing;
	char kid[44];
	char *jwks;
	uint8_t ticket[32];
	struct seal_key seals[SEALS_MAX];	/* by id */
	size_t seals_n;
	struct log_key logs[LOGS_MAX];
	size_t logs_n;
};

/* The file of a secret, once its owner and mode were checked. */
int keys_open_secret(FILE **out, const char *path, struct fault *);
int keys_read_pem(EVP_PKEY **out, const char *path, const char *type,
    struct fault *);
/* The signing key, and the set that is published with it: signing.c. */
int keys_read_signing(struct keys *, const char *dir, struct fault *);

/* Never over an existing file: a lost key cannot be made again. */
int keys_create(FILE **out, const char *path, struct fault *);
int keys_finish(FILE *out, bool ok, const char *path, struct fault *);
/* Unless it is there: type is "EC" (P-256) or "ED25519". */
int keys_make_pem(const char *dir, const char *name, const char *type,
    struct fault *);
bool keys_named(const char *name, const char *begin, const char *end);
/* Reads seal-<id>.key, made meanwhile; false: there is none that we may read. */
bool keys_seal_learn(struct keys *, const uint8_t id[4]);
/* Reads what was added to the directory since we looked; a stat when nothing. */
void keys_seal_look(struct keys *);

#endif
