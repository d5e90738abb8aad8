/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.c - memory that lives as long as one call.
 *
 * Blocks of 4 kB are filled from front to back; what is larger than a quarter
 * of one gets a block of its own, put behind the one being filled. Deferred
 * functions are a list whose nodes live in the arena too.
 */
#include "base/arena.h"
#include <assert.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

enum { BLOCK_SIZE = 4096, LARGE = BLOCK_SIZE / 4 };

struct block {
	struct block *next;
	size_t used, size;
	alignas(max_align_t) char data[];
};

struct deferred {
	struct deferred *next;
	arena_fn *fn;
	void *arg;
};

struct arena {
	struct block *blocks;		/* the first is the one being filled */
	struct deferred *deferred;	/* the last tied comes first */
};

static struct block *
block_new(size_t size)
{
	struct block *b = xmalloc(sizeof(*b) + size);

	b->next = NULL;
	b->used = 0;
	b->size = size;
	return b;
}

struct arena *
arena_new(void)
{
	struct arena *a = xcalloc(1, sizeof(*a));

	a->blocks = block_new(BLOCK_SIZE - sizeof(struct block));
	return a;
}

void
arena_free(struct arena *a)
{
	struct block *b;

	if (a == NULL)
		return;
	while (a->deferred != NULL) {
		struct deferred *d = a->deferred;

		a->deferred = d->next;	/* it may defer more */
		d->fn(d->arg);
	}
	while ((b = a->blocks) != NULL) {
		a->blocks = b->next;
		free(b);
	}
	free(a);
}

static void *
take(struct block *b, size_t size)
{
	void *p = b->data + b->used;

	b->used += size;
	return p;
}

static void *
arena_take(struct arena *a, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct block *b;

	assert(size < SIZE_MAX / 2);
	size = (size + align - 1) / align * align;
	if (a->blocks->size - a->blocks->used >= size)
		return take(a->blocks, size);
	if (size > LARGE) {		/* behind: keep filling the first */
		b = block_new(size);
		b->next = a->blocks->next;
		a->blocks->next = b;
		return take(b, size);
	}
	b = block_new(BLOCK_SIZE - sizeof(struct block));
	b->next = a->blocks;
	a->blocks = b;
	return take(b, size);
}

void *
arena_alloc(struct arena *a, size_t size)
{
	return memset(arena_take(a, size), 0, size);
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return s == NULL ? NULL : arena_memdup(a, s, strlen(s) + 1);
}

char *
arena_strndup(struct arena *a, const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *p = arena_take(a, len + 1);

	memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

void *
arena_memdup(struct arena *a, const void *data, size_t n)
{
	void *p = arena_take(a, n);

	if (n > 0)
		memcpy(p, data, n);
	return p;
}

void *
arena_grow(struct arena *a, const void *old, size_t n, size_t size)
{
	char *p = arena_take(a, size);

	assert(n <= size);
	if (n > 0)
		memcpy(p, old, n);
	return p;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return s;
}

char *
arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	char *s;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	assert(n >= 0);
	s = arena_take(a, (size_t)n + 1);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	return s;
}

void
arena_defer(struct arena *a, arena_fn *fn, void *arg)
{
	struct deferred *d = arena_take(a, sizeof(*d));

	*d = (struct deferred){ a->deferred, fn, arg };
	a->deferred = d;
}
