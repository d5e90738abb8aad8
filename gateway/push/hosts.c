/* SPDX-License-Identifier: Apache-2.0 */
/* hosts.c - how much each PIMS bears (additive increase, multiplicative decrease
 * by its answers and by how long they take). */
#include "push/hosts.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include "base/arena.h"
#include "base/mem.h"

enum {
	BUCKETS = 1024, FORGOTTEN_AT = 4096, KNOWN_MAX = 16384,
	FAILURES_OPEN = 4, OPEN_FIRST_S = 2, OPEN_LONGEST_S = 60,
	ROUND = 8,			/* answers by which it is judged, at least */
	NOISE_US = 20000,		/* a machine that is busy is not a slow PIMS */
	BEST_US = 30000000		/* how long its best is believed */
};

struct host {
	LIST_ENTRY(host) link;
	double limit;
	int under_way;
	bool starting;			/* it has not been too much yet */
	/* how long answers take */
	int64_t best_us, next_best_us, best_since_us;
	int64_t round_us, typical_us;	/* the best of this round, of the last */
	int answers;			/* in this round */
	/* in a row; left in peace until then, 0 = not yet */
	int failures;
	int64_t until_us;
	char name[];
};
LIST_HEAD(bucket, host);

struct hosts {
	struct bucket buckets[BUCKETS];
	size_t n;
	int most;
};

struct hosts *
hosts_new(int most)
{
	struct hosts *hs = xcalloc(1, sizeof(*hs));

	hs->most = most;
	return hs;
}

void
hosts_free(struct hosts *hs)
{
	struct host *h;

	for (size_t i = 0; hs != NULL && i < BUCKETS; i++)
		while ((h = LIST_FIRST(&hs->buckets[i])) != NULL) {
			LIST_REMOVE(h, link);
			free(h);
		}
	free(hs);
}

static size_t
bucket_of(const char *name)
{
	uint32_t sum = 2166136261u;		/* FNV-1a */

	for (; *name != '\0'; name++)
		sum = (sum ^ (uint8_t)*name) * 16777619u;
	return sum % BUCKETS;
}

static struct host *
find(const struct hosts *hs, const char *name)
{
	struct host *h;

	LIST_FOREACH(h, &hs->buckets[bucket_of(name)], link)
		if (strcmp(h->name, name) == 0)
			return h;
	return NULL;
}

/* Nothing under way and nothing against it: it can be learned again. So can the
 * others, when there are too many. */
static void
forget_some(struct hosts *hs)
{
	struct host *h, *next;
	bool all = hs->n >= KNOWN_MAX;

	for (size_t i = 0; i < BUCKETS; i++)
		for (h = LIST_FIRST(&hs->buckets[i]); h != NULL; h = next) {
			next = LIST_NEXT(h, link);
			if (h->under_way > 0 || (h->failures > 0 && !all))
				continue;
			LIST_REMOVE(h, link);
			free(h);
			hs->n--;
		}
}

static struct host *
find_or_add(struct hosts *hs, const char *name)
{
	struct host *h = find(hs, name);
	size_t n = strlen(name) + 1;

	if (h != NULL)
		return h;
	if (hs->n >= FORGOTTEN_AT && hs->n % 512 == 0)
		forget_some(hs);
	h = xcalloc(1, sizeof(*h) + n);
	memcpy(h->name, name, n);
	h->limit = HOST_FIRST;
	h->starting = true;
	LIST_INSERT_HEAD(&hs->buckets[bucket_of(name)], h, link);
	hs->n++;
	return h;
}

void
hosts_begun(struct hosts *hs, const char *name)
{
	find_or_add(hs, name)->under_way++;
}

void
hosts_over(struct hosts *hs, const char *name)
{
	struct host *h = find(hs, name);

	assert(h != NULL && h->under_way > 0);
	h->under_way--;
}

/* ---- its answers ---- */

static bool
slow(const struct host *h)
{
	return h->typical_us >= HOST_SLOW_MS * 1000;
}

static void
bound(const struct hosts *hs, struct host *h)
{
	double most = slow(h) ? HOST_SLOW : hs->most / 2;

	if (most < 1)
		most = 1;
	if (h->limit > most)
		h->limit = most;
	if (h->limit < 1)
		h->limit = 1;
}

/* Its best of late: of this half minute and of the one before. */
static void
time_answer(struct host *h, int64_t now_us, int64_t took_us)
{
	if (h->best_us == 0 || now_us - h->best_since_us > BEST_US) {
		h->best_us = h->next_best_us == 0 ? took_us : h->next_best_us;
		h->next_best_us = took_us;
		h->best_since_us = now_us;
	}
	if (took_us < h->best_us)
		h->best_us = took_us;
	if (took_us < h->next_best_us)
		h->next_best_us = took_us;
	if (h->answers++ == 0 || took_us < h->round_us)
		h->round_us = took_us;
	if (h->typical_us == 0)
		h->typical_us = took_us;
}

/* A round is as many answers as it may have under way. The best of them is judged:
 * that one is late only when all of them are. */
static bool
round_over(struct host *h)
{
	if (h->answers < ROUND || h->answers < h->limit)
		return false;
	h->typical_us = h->round_us;
	h->answers = 0;
	return true;
}

void
hosts_answered(struct hosts *hs, const char *name, int64_t now_us,
    int64_t took_us)
{
	struct host *h = find_or_add(hs, name);

	h->failures = 0;
	h->until_us = 0;
	if (took_us <= 0)
		return;
	time_answer(h, now_us, took_us);
	if (round_over(h) && h->typical_us > 2 * h->best_us + NOISE_US) {
		h->limit *= 0.75;
		h->starting = false;
	} else if (h->under_way >= h->limit * 0.75)
		h->limit += h->starting ? 1 : 1 / h->limit;
	bound(hs, h);
}

void
hosts_failed(struct hosts *hs, const char *name, int64_t now_us, int asked_s)
{
	struct host *h = find_or_add(hs, name);
	int64_t s = OPEN_FIRST_S;

	if (h->failures++ == 0 || h->answers >= h->limit)
		h->limit /= 2;
	h->answers = 0;
	h->starting = false;
	bound(hs, h);
	for (int i = FAILURES_OPEN; i < h->failures && s < OPEN_LONGEST_S; i++)
		s *= 2;
	if (s > OPEN_LONGEST_S)
		s = OPEN_LONGEST_S;
	if (asked_s > s)
		s = asked_s;
	if (h->failures >= FAILURES_OPEN || asked_s > 0)
		h->until_us = now_us + s * 1000000;
}

/* ---- what each may have now ---- */

static int
slow_under_way(const struct hosts *hs)
{
	const struct host *h;
	int n = 0;

	for (size_t i = 0; i < BUCKETS; i++)
		LIST_FOREACH(h, &hs->buckets[i], link)
			n += slow(h) ? h->under_way : 0;
	return n;
}

/* Of one that has nothing under way it is enough to know that it may begin. */
static int64_t
slots_of(const struct hosts *hs, const struct host *h, int64_t now_us, int room,
    int slow_n)
{
	int64_t slots = h->under_way == 0 && h->limit >= HOST_FIRST ?
	    HOST_FIRST : (int64_t)h->limit - h->under_way;

	if (h->until_us > now_us || (slow(h) && slow_n >= hs->most / 4))
		return 0;
	if (h->until_us != 0)			/* one trial */
		return h->under_way == 0;
	if (slots > (room + 1) / 2)
		slots = (room + 1) / 2;
	return slots < 0 ? 0 : slots;
}

size_t
hosts_limits(struct hosts *hs, int64_t now_us, int room, struct arena *a,
    const char ***names, int64_t **slots)
{
	const struct host *h;
	int slow_n = slow_under_way(hs);
	size_t n = 0;

	*names = arena_alloc(a, (hs->n + 1) * sizeof(**names));
	*slots = arena_alloc(a, (hs->n + 1) * sizeof(**slots));
	for (size_t i = 0; i < BUCKETS; i++)
		LIST_FOREACH(h, &hs->buckets[i], link) {
			int64_t may = slots_of(hs, h, now_us, room, slow_n);

			if (may == HOST_FIRST)
				continue;
			(*names)[n] = h->name;
			(*slots)[n++] = may;
		}
	return n;
}

size_t
hosts_open_count(const struct hosts *hs, int64_t now_us)
{
	const struct host *h;
	size_t n = 0;

	for (size_t i = 0; i < BUCKETS; i++)
		LIST_FOREACH(h, &hs->buckets[i], link)
			n += h->until_us > now_us;
	return n;
}

int
hosts_limit(const struct hosts *hs, const char *name)
{
	const struct host *h = find(hs, name);

	return h == NULL ? HOST_FIRST : (int)h->limit;
}
