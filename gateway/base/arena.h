/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.h - memory that lives as long as one call.
 *
 * What a call needs until its answer leaves is taken from its arena and goes
 * with it. A thing with a destructor of its own is tied to it by arena_defer;
 * deferred functions run in reverse order, before the memory goes.
 */
#ifndef ARENA_H
#define ARENA_H
#include <stdarg.h>
#include <stddef.h>
#include "base/attr.h"

struct arena;
typedef void arena_fn(void *);

struct arena *arena_new(void);
void arena_free(struct arena *);		/* NULL is welcome */

void *arena_alloc(struct arena *, size_t size);	/* zeroed, aligned for any type */
char *arena_strdup(struct arena *, const char *);	/* NULL gives NULL */
char *arena_strndup(struct arena *, const char *, size_t n);
void *arena_memdup(struct arena *, const void *, size_t n);
/* A larger room with the first n bytes of the old one (which stays behind). */
void *arena_grow(struct arena *, const void *old, size_t n, size_t size);
char *arena_printf(struct arena *, const char *fmt, ...) PRINTF_LIKE(2, 3);
char *arena_vprintf(struct arena *, const char *fmt, va_list) PRINTF_LIKE(2, 0);
void arena_defer(struct arena *, arena_fn *, void *arg);

#endif
