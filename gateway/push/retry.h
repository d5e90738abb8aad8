/* SPDX-License-Identifier: Apache-2.0 */
/*
 * retry.h - when to try again, and whom to leave in peace meanwhile.
 *
 * Waiting grows with each refusal and is drawn at random from nothing to its
 * bound (full jitter), so that those who failed together do not come back
 * together. A host that fails several times in a row is left alone (open), then
 * gets one trial (half open) before all its deliveries go on.
 */
#ifndef RETRY_H
#define RETRY_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/attr.h"

struct arena;

/* ms to wait after so many refusals in a row (1..); asked_s: Retry-After. */
int64_t retry_wait_ms(int refusals, int asked_s);

struct breaker;
struct breaker *breaker_new(void);
void breaker_free(struct breaker *);
void breaker_answered(struct breaker *, const char *host);
void breaker_failed(struct breaker *, const char *host, int64_t now_us,
    int asked_s);
/* Hosts with fewer slots now: none while open, one when half open. */
size_t breaker_limits(struct breaker *, int64_t now_us, struct arena *,
    const char ***hosts, int64_t **slots);
size_t breaker_open_count(const struct breaker *, int64_t now_us);

#endif
