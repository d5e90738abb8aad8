/* SPDX-License-Identifier: Apache-2.0 */
/*
 * retry.h - when to try again.
 *
 * Waiting grows with each refusal and is drawn at random from nothing to its
 * bound (full jitter), so that those who failed together do not come back
 * together.
 */
#ifndef RETRY_H
#define RETRY_H
#include <stdint.h>

/* ms to wait after so many refusals in a row (1..); asked_s: Retry-After. */
int64_t retry_wait_ms(int refusals, int asked_s);

#endif
