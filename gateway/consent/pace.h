/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pace.h - so many a second of each, and a burst; beyond, come back later.
 *
 * A fixed table per worker: two names may share a place, and then share its
 * pace. Nothing is kept of those who come seldom.
 */
#ifndef PACE_H
#define PACE_H
#include <stdbool.h>

enum { PACE_PLACES = 256 };

struct pace {
	double per_second, burst;
	struct { double left; long long at_us; } places[PACE_PLACES];
};

/* May this one go on now? */
bool pace_allows(struct pace *, const char *name);

#endif
