/* SPDX-License-Identifier: Apache-2.0 */
/* seen.c - two lists of sums: the turn before, in order, and this one. */
#include "watch/seen.h"
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

static int
by_sum(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

void
seen_begin(struct seen *s)
{
	s->told_n = 0;
}

static void
grow(struct seen *s)
{
	s->size = s->size == 0 ? 256 : s->size * 2;
	s->told = xrealloc(s->told, s->size * sizeof(*s->told));
	s->known = xrealloc(s->known, s->size * sizeof(*s->known));
}

bool
seen_add(struct seen *s, int64_t sum)
{
	if (s->told_n == s->size && s->size < SEEN_MAX)
		grow(s);
	if (s->told_n < s->size)
		s->told[s->told_n++] = sum;
	return s->known_n == 0 || bsearch(&sum, s->known, s->known_n,
	    sizeof(sum), by_sum) == NULL;
}

void
seen_keep(struct seen *s)
{
	int64_t *was = s->known;

	if (s->told_n > 0)
		qsort(s->told, s->told_n, sizeof(*s->told), by_sum);
	s->known = s->told;
	s->known_n = s->told_n;
	s->told = was;
	s->told_n = 0;
}

void
seen_clear(struct seen *s)
{
	free(s->known);
	free(s->told);
	memset(s, 0, sizeof(*s));
}
