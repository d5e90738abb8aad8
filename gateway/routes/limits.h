/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits.h - what a PIMS is told of how often it may ask.
 *
 * draft-ietf-httpapi-ratelimit-headers: RateLimit-Policy says what is allowed,
 * RateLimit what is left of the window that runs out first; beyond it, 429 and
 * Retry-After. Calls are counted per grant (consent/quota.h).
 */
#ifndef LIMITS_H
#define LIMITS_H
#include "http/call.h"

/* A step, after the token was checked: counts this call, or refuses it. */
step_fn limits_count;
void limits_of(const struct house *, int64_t out[2]);

#endif
