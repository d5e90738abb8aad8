/* SPDX-License-Identifier: Apache-2.0 */
/* mem.c - memory that is there, or the process ends and is restarted. */
#include "base/mem.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *
sure(void *p)
{
	if (p == NULL) {
		fputs("guichet: out of memory\n", stderr);
		abort();
	}
	return p;
}

void *
xmalloc(size_t size)
{
	return sure(malloc(size > 0 ? size : 1));
}

void *
xcalloc(size_t n, size_t size)
{
	return sure(calloc(n > 0 ? n : 1, size > 0 ? size : 1));
}

void *
xrealloc(void *p, size_t size)
{
	return sure(realloc(p, size > 0 ? size : 1));
}

char *
xstrdup(const char *s)
{
	return sure(strdup(s));
}

char *
xstrndup(const char *s, size_t n)
{
	return sure(strndup(s, n));
}
