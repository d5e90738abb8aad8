/* SPDX-License-Identifier: Apache-2.0 */
/* pace.c - buckets that fill with time. */
#include "consent/pace.h"
#include <stdint.h>
#include "base/clock.h"

static unsigned
place(const char *name)
{
	uint32_t h = 2166136261u;	/* FNV-1a */

	for (; *name != '\0'; name++)
		h = (h ^ (uint8_t)*name) * 16777619u;
	return h % PACE_PLACES;
}

bool
pace_allows(struct pace *p, const char *name)
{
	unsigned i = place(name);
	int64_t now = clock_mono_us();
	double left = p->places[i].left;

	if (p->places[i].at_us == 0)
		left = p->burst;
	left += (double)(now - p->places[i].at_us) / 1e6 * p->per_second;
	if (left > p->burst)
		left = p->burst;
	p->places[i].at_us = now;
	p->places[i].left = left < 1 ? left : left - 1;
	return left >= 1;
}
