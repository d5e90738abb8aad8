/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hosts.h - how much each PIMS bears, and whom to leave in peace.
 *
 * A host has so many deliveries under way at once, in this worker. It begins with
 * a few. While all of them are used and it answers as fast as it can, it gets one
 * more for each that it answers; when all answers take twice as long as its best,
 * it loses a quarter; when it is away or busy, half. A host that needs a second for an
 * answer has a few at most, and all such hosts together a quarter of the worker:
 * so the slow wait for the slow.
 *
 * A host that fails several times in a row is left alone (open), then gets one
 * trial (half open) before all its deliveries go on.
 */
#ifndef HOSTS_H
#define HOSTS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/attr.h"

struct arena;
struct hosts;

enum {
	HOST_FIRST	= 4,		/* under way at once, of whom nothing is known */
	HOST_SLOW_MS	= 1000,		/* an answer that takes this long is slow */
	HOST_SLOW	= 4		/* then that many at most */
};

/* most: deliveries under way at once in this worker; one host has half. */
struct hosts *hosts_new(int most);
void hosts_free(struct hosts *);		/* NULL is welcome */

/* One more is under way there, one less. */
void hosts_begun(struct hosts *, const char *host);
void hosts_over(struct hosts *, const char *host);

/* It answered after so long; took_us 0: it was not asked. */
void hosts_answered(struct hosts *, const char *host, int64_t now_us,
    int64_t took_us);
/* It was away, busy or too slow; asked_s: Retry-After, 0 = none. */
void hosts_failed(struct hosts *, const char *host, int64_t now_us, int asked_s);

/* Hosts that may not have HOST_FIRST more now, and how many they may have, when
 * so many are to be given away: one host has half of them at most. */
size_t hosts_limits(struct hosts *, int64_t now_us, int room, struct arena *,
    const char ***names, int64_t **slots);
size_t hosts_open_count(const struct hosts *, int64_t now_us);
int hosts_limit(const struct hosts *, const char *host);	/* for tests */

#endif
