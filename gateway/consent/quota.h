/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quota.h - so many calls a minute and a day of each grant.
 *
 * Counted by all workers of this host together, in memory they share: the
 * supervisor makes the table before it forks. Two grants of one place in the
 * table share it; the one that was silent longest loses its place when a
 * bucket is full, and begins anew. Windows are the clock's own minutes and
 * days (UTC).
 */
#ifndef QUOTA_H
#define QUOTA_H
#include <stdbool.h>
#include <stdint.h>
#include "base/text.h"

enum quota_window { QUOTA_MINUTE, QUOTA_DAY, QUOTA_WINDOWS };

struct quota {
	struct { int64_t limit, used, reset_s; } of[QUOTA_WINDOWS];
	enum quota_window nearest;	/* the one to run out first */
	bool over;
};

/* Once, before the first fork. */
void quota_make(void);
/* Counts this call; a limit of 0 is none. */
void quota_take(struct quota *, const struct uuid *grant,
    const int64_t limits[QUOTA_WINDOWS]);
/* What was counted so far, counting nothing. */
void quota_look(struct quota *, const struct uuid *grant,
    const int64_t limits[QUOTA_WINDOWS]);

extern const char *const quota_names[QUOTA_WINDOWS];	/* "minute", "day" */
extern const int quota_seconds[QUOTA_WINDOWS];

#endif
