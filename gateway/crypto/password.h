/* SPDX-License-Identifier: Apache-2.0 */
/*
 * password.h - what is kept of a demo customer's password.
 *
 * salt (16) | scrypt(password, salt, N=1024, r=8, p=1) (32). N is small on
 * purpose: it runs on the loop (3 ms), and these people are synthetic, their
 * passwords printed on the screen. Node: scryptSync(pw, salt, 32, {N: 1024}).
 */
#ifndef PASSWORD_H
#define PASSWORD_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PASSWORD_HASH_SIZE 48

void password_hash(uint8_t out[PASSWORD_HASH_SIZE], const char *password);
/* kept NULL (nobody of that name) takes as long and is false. */
bool password_is(const char *password, const uint8_t *kept, size_t n);

#endif
