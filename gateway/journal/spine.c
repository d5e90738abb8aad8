/* SPDX-License-Identifier: Apache-2.0 */
/* spine.c - the roots of perfect subtrees, from left to right. */
#include "journal/spine.h"
#include <assert.h>
#include "base/error.h"

void
spine_init(struct spine *s)
{
	s->size = 0;
	s->n = 0;
}

static void
push(struct spine *s, int level, const struct hash *h)
{
	struct hash top = *h;

	s->size += UINT64_C(1) << level;
	while (s->n > 0 && s->parts[s->n - 1].level == level) {
		tree_node(&top, &s->parts[--s->n].hash, &top);
		level++;
	}
	assert(s->n < countof(s->parts));
	s->parts[s->n].level = level;
	s->parts[s->n++].hash = top;
}

void
spine_append(struct spine *s, const struct hash *leaf)
{
	push(s, 0, leaf);
}

/* The level of the greatest perfect subtree that begins here. */
static int
level_at(uint64_t first, uint64_t end)
{
	int k = 0;

	while (k < 62 && first % (UINT64_C(2) << k) == 0 &&
	    (UINT64_C(2) << k) <= end - first)
		k++;
	return k;
}

int
spine_skip(struct spine *s, uint64_t end, const struct hash *h, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s->size >= end)
			return E_BAD_INPUT;
		push(s, level_at(s->size, end), &h[i]);
	}
	return s->size == end ? 0 : E_BAD_INPUT;
}

void
spine_root(const struct spine *s, struct hash *out)
{
	if (s->n == 0) {
		sha256(out->bytes, "", 0);
		return;
	}
	*out = s->parts[s->n - 1].hash;
	for (size_t i = s->n - 1; i-- > 0; )
		tree_node(out, &s->parts[i].hash, out);
}

int
spine_gap(struct proof *out, const struct tiles *t, uint64_t first, uint64_t end)
{
	int rc, k;

	for (out->n = 0; first < end; first += UINT64_C(1) << k) {
		k = level_at(first, end);
		if ((rc = tree_subtree(&out->hashes[out->n++], t, k,
		    first >> k)) < 0)
			return rc;
	}
	return 0;
}
