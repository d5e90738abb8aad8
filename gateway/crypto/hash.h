/* SPDX-License-Identifier: Apache-2.0 */
/* hash.h - SHA-256, HMAC, random bytes. Digests are fetched once at start. */
#ifndef HASH_H
#define HASH_H
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>

#define SHA256_SIZE 32

struct piece { const void *data; size_t n; };

void sha256(uint8_t out[SHA256_SIZE], const void *data, size_t n);
void sha256_pieces(uint8_t out[SHA256_SIZE], const struct piece *, size_t n);
/* The rest of a file; false when it cannot be read. */
bool sha256_rest(uint8_t out[SHA256_SIZE], FILE *);
void hmac_sha256(uint8_t out[SHA256_SIZE], const uint8_t *key, size_t key_n,
    const void *data, size_t n);
void random_bytes(void *out, size_t n);
bool same_bytes(const void *, const void *, size_t n);	/* constant time */
/* n random bytes as base64url; n <= 64; out holds 4n/3+3 bytes */
void random_token(char *out, size_t n);

#endif
