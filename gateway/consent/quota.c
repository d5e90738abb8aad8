/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quota.c - counts in shared memory, without a lock.
 *
 * A count is one word: the number of its window, and how often in it. Whoever
 * counts first in a new window begins at one, so nothing has to be cleared.
 */
#include "consent/quota.h"
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include "base/attr.h"
#include "base/clock.h"
#include "base/error.h"

enum { BUCKETS = 4096, PLACES = 4, COUNT_BITS = 24 };
#define COUNT_MASK ((UINT64_C(1) << COUNT_BITS) - 1)

const char *const quota_names[QUOTA_WINDOWS] = { "minute", "day" };
const int quota_seconds[QUOTA_WINDOWS] = { 60, 86400 };

struct place {
	_Atomic uint64_t name;		/* 0 = free */
	_Atomic uint64_t counts[QUOTA_WINDOWS];
};

static struct place (*table)[PLACES];

void
quota_make(void)
{
	if (table != NULL)
		return;
	table = mmap(NULL, BUCKETS * sizeof(*table), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (table == MAP_FAILED)
		fatal("no memory for the calls counted per grant");
}

/* ---- finding ---- */

static uint64_t
name_of(const struct uuid *grant)
{
	uint64_t name;

	memcpy(&name, grant->bytes + 8, sizeof(name));	/* random bits */
	return name | 1;
}

/* The one that counted last longest ago. */
static struct place *
idlest(struct place *bucket)
{
	struct place *best = bucket;

	for (int i = 1; i < PLACES; i++)
		if (bucket[i].counts[QUOTA_MINUTE] <
		    best->counts[QUOTA_MINUTE])
			best = &bucket[i];
	return best;
}

static struct place *
find(uint64_t name, bool make)
{
	struct place *bucket = table[(name >> 32) % BUCKETS], *p;

	for (int i = 0; i < PLACES; i++)
		if (bucket[i].name == name)
			return &bucket[i];
	if (!make)
		return NULL;
	p = idlest(bucket);
	for (int w = 0; w < QUOTA_WINDOWS; w++)
		p->counts[w] = 0;
	p->name = name;
	return p;
}

/* ---- counting ---- */

static uint64_t
used(uint64_t count, uint64_t window)
{
	return count >> COUNT_BITS == window ? count & COUNT_MASK : 0;
}

static uint64_t
add(_Atomic uint64_t *count, uint64_t window)
{
	uint64_t old = *count, n;

	do {
		n = used(old, window);
		n += n < COUNT_MASK;
	} while (!atomic_compare_exchange_weak(count, &old,
	    window << COUNT_BITS | n));
	return n;
}

static void
tell(struct quota *q, int w, int64_t limit, uint64_t n, int64_t now)
{
	q->of[w].limit = limit;
	q->of[w].used = (int64_t)n;
	q->of[w].reset_s = quota_seconds[w] - now % quota_seconds[w];
	if (limit != 0 && q->of[w].used > limit) {
		q->over = true;
		q->nearest = w;		/* the longest that is spent */
	} else if (limit != 0 && !q->over && (q->of[q->nearest].limit == 0 ||
	    limit - q->of[w].used <
	    q->of[q->nearest].limit - q->of[q->nearest].used)) {
		q->nearest = w;
	}
}

static void
count(struct quota *q, const struct uuid *grant, const int64_t *limits,
    bool take)
{
	int64_t now = clock_s();
	struct place *p = table == NULL ? NULL : find(name_of(grant), take);

	memset(q, 0, sizeof(*q));
	for (int w = 0; w < QUOTA_WINDOWS; w++) {
		uint64_t window = (uint64_t)(now / quota_seconds[w]);

		tell(q, w, limits[w], p == NULL ? 0 :
		    take ? add(&p->counts[w], window) :
		    used(p->counts[w], window), now);
	}
}

void
quota_take(struct quota *q, const struct uuid *grant,
    const int64_t limits[QUOTA_WINDOWS])
{
	count(q, grant, limits, true);
}

void
quota_look(struct quota *q, const struct uuid *grant,
    const int64_t limits[QUOTA_WINDOWS])
{
	count(q, grant, limits, false);
}
