/* SPDX-License-Identifier: Apache-2.0 */
/* retry.c - patience with a cloud, and with its host. */
#include "push/retry.h"
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/mem.h"
#include "crypto/hash.h"

enum {
	FIRST_MS = 500, LONGEST_MS = 4 * 3600 * 1000, DOUBLINGS_MAX = 14,
	FAILURES_OPEN = 4, OPEN_FIRST_S = 2, OPEN_LONGEST_S = 60,
	HOSTS_MAX = 1000
};

static int64_t
draw(int64_t below)
{
	uint64_t r;

	random_bytes(&r, sizeof(r));
	return (int64_t)(r % (uint64_t)below);
}

int64_t
retry_wait_ms(int refusals, int asked_s)
{
	int doublings = refusals < DOUBLINGS_MAX ? refusals : DOUBLINGS_MAX;
	int64_t bound = (int64_t)FIRST_MS << doublings;

	if (bound > LONGEST_MS)
		bound = LONGEST_MS;
	return (int64_t)asked_s * 1000 + draw(bound) + 1;
}

/* ---- the breaker: only hosts in trouble are remembered ---- */

struct trouble {
	char *host;
	int failures;			/* in a row */
	int64_t until_us;		/* left in peace until then; 0 = not yet */
};

struct breaker {
	struct trouble list[HOSTS_MAX];
	size_t n;
};

struct breaker *
breaker_new(void)
{
	return xcalloc(1, sizeof(struct breaker));
}

void
breaker_free(struct breaker *b)
{
	if (b == NULL)
		return;
	for (size_t i = 0; i < b->n; i++)
		free(b->list[i].host);
	free(b);
}

static struct trouble *
find(struct breaker *b, const char *host)
{
	for (size_t i = 0; i < b->n; i++)
		if (strcmp(b->list[i].host, host) == 0)
			return &b->list[i];
	return NULL;
}

void
breaker_answered(struct breaker *b, const char *host)
{
	struct trouble *t = find(b, host);

	if (t == NULL)
		return;
	free(t->host);
	*t = b->list[--b->n];
}

void
breaker_failed(struct breaker *b, const char *host, int64_t now_us, int asked_s)
{
	struct trouble *t = find(b, host);
	int64_t s = OPEN_FIRST_S;

	if (t == NULL) {
		if (b->n == HOSTS_MAX)		/* too many to remember */
			return;
		t = &b->list[b->n++];
		*t = (struct trouble){ .host = xstrdup(host) };
	}
	t->failures++;
	for (int i = FAILURES_OPEN; i < t->failures && s < OPEN_LONGEST_S; i++)
		s *= 2;
	if (s > OPEN_LONGEST_S)
		s = OPEN_LONGEST_S;
	if (asked_s > s)
		s = asked_s;
	if (t->failures >= FAILURES_OPEN || asked_s > 0)
		t->until_us = now_us + s * 1000000;
}

size_t
breaker_limits(struct breaker *b, int64_t now_us, struct arena *a,
    const char ***hosts, int64_t **slots)
{
	size_t n = 0;

	*hosts = arena_alloc(a, (b->n + 1) * sizeof(**hosts));
	*slots = arena_alloc(a, (b->n + 1) * sizeof(**slots));
	for (size_t i = 0; i < b->n; i++) {
		const struct trouble *t = &b->list[i];

		if (t->until_us == 0)
			continue;
		(*hosts)[n] = t->host;
		(*slots)[n++] = t->until_us > now_us ? 0 : 1;
	}
	return n;
}

size_t
breaker_open_count(const struct breaker *b, int64_t now_us)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		n += b->list[i].until_us > now_us;
	return n;
}
