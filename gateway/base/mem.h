/* SPDX-License-Identifier: Apache-2.0 */
/* mem.h - memory that is there, or the process ends and is restarted. */
#ifndef MEM_H
#define MEM_H
#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);	/* zeroed, overflow-checked */
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);

#endif
