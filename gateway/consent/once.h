/* SPDX-License-Identifier: Apache-2.0 */
/*
 * once.h - each signed proof is used once, in all workers (RFC 9449 11.1).
 *
 * A table remembers every jti until its proof would be refused for its age
 * anyway. A statement and a commit for each request would cost as much as the
 * rest of it, so the uses of two milliseconds are written by one statement;
 * whoever comes after a quiet moment does not wait for others. Why not carry
 * the jti inside the gate's statement: only pulls pass there, and one mechanism
 * for assertions, proofs at the authorisation server and proofs at the API is
 * easier to trust. Why not wait for the disk (synchronous_commit off, for that
 * statement alone): what a power cut of the database may forget is the last
 * fraction of a second, of proofs that die within 70 seconds and are worth
 * nothing without their token; uniqueness among workers does not depend on it.
 */
#ifndef ONCE_H
#define ONCE_H
#include <stddef.h>
#include <stdint.h>
#include "base/attr.h"

struct db;
struct event_base;
struct once;
struct once_wait;

struct once_use { uint8_t hash[32]; int64_t until_us; };
/* Of what signs (a key's thumbprint, a client) and its jti. */
void once_make(struct once_use *, const char *kind, const char *signer,
    const char *jti, int64_t until_us);

struct once *once_new(struct event_base *, struct db *);
void once_free(struct once *);

/* verdict 0: never seen; E_CONFLICT: a replay; E_UNAVAILABLE, E_FULL. Called
 * once, from the loop. NULL, and never called, when too many wait (E_FULL). */
typedef void once_on_verdict(int verdict, void *arg);
struct once_wait *once_spend(struct once *, const struct once_use *,
    once_on_verdict *, void *arg);
void once_forget(struct once_wait *);

#endif
