/* SPDX-License-Identifier: Apache-2.0 */
/* buf.c - bytes that grow, by doubling. */
#include "base/buf.h"
#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/mem.h"

void
buf_init(struct buf *b)
{
	*b = (struct buf){ .data = NULL };
}

void
buf_init_in(struct buf *b, struct arena *a)
{
	*b = (struct buf){ .arena = a };
}

void
buf_clear(struct buf *b)
{
	if (b->arena == NULL)
		free(b->data);
	*b = (struct buf){ .arena = b->arena };
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	if (b->data != NULL)
		b->data[0] = '\0';
}

/* In an arena the old bytes stay behind: doubling wastes once over at most. */
static void
grow(struct buf *b, size_t size)
{
	if (b->arena == NULL)
		b->data = xrealloc(b->data, size);
	else
		b->data = arena_grow(b->arena, b->data, b->len, size);
	b->size = size;
}

char *
buf_reserve(struct buf *b, size_t n)
{
	size_t need, size = b->size > 0 ? b->size : 64;

	assert(n < SIZE_MAX / 4 && b->len < SIZE_MAX / 4);
	need = b->len + n + 1;		/* and its NUL */
	if (need > b->size) {
		while (size < need)
			size *= 2;
		grow(b, size);
	}
	return b->data + b->len;
}

void
buf_add(struct buf *b, const void *data, size_t n)
{
	char *to = buf_reserve(b, n);

	if (n > 0)
		memcpy(to, data, n);
	to[n] = '\0';
	b->len += n;
}

void
buf_cut(struct buf *b, size_t len)
{
	assert(len <= b->len);
	b->len = len;
	if (b->data != NULL)
		b->data[len] = '\0';
}

void
buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	char *to = buf_reserve(b, 80);
	int n;

	va_start(ap, fmt);
	n = vsnprintf(to, b->size - b->len, fmt, ap);
	va_end(ap);
	assert(n >= 0);
	if ((size_t)n >= b->size - b->len) {
		to = buf_reserve(b, (size_t)n);
		va_start(ap, fmt);
		vsnprintf(to, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	b->len += (size_t)n;
}
