/* SPDX-License-Identifier: Apache-2.0 */
/* tile.c - names of tiles (c2sp.org/tlog-tiles). */
#include "journal/tile.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "journal/tree.h"

void
tile_path(char out[TILE_PATH_MAX], uint64_t n, int width)
{
	uint64_t scale = 1;
	size_t at = 0;

	while (n / scale >= 1000)
		scale *= 1000;
	for (; scale > 1; scale /= 1000)
		at += (size_t)snprintf(out + at, TILE_PATH_MAX - at, "x%03u/",
		    (unsigned)(n / scale % 1000));
	at += (size_t)snprintf(out + at, TILE_PATH_MAX - at, "%03u",
	    (unsigned)(n % 1000));
	if (width < TILE_WIDTH)
		snprintf(out + at, TILE_PATH_MAX - at, ".p/%d", width);
}

/* "x001/" or the last "067": digits, three of them. */
static int
read_group(uint64_t *n, const char **p)
{
	if (*n > UINT64_MAX / 10000)
		return E_BAD_INPUT;
	for (int i = 0; i < 3; i++, (*p)++) {
		if (**p < '0' || **p > '9')
			return E_BAD_INPUT;
		*n = *n * 10 + (uint64_t)(**p - '0');
	}
	return 0;
}

static int
read_level(int *level, const char **p)
{
	static const char entries[] = "entries/";
	size_t n = sizeof(entries) - 1;

	if (strncmp(*p, entries, n) == 0) {
		*level = TILE_ENTRIES;
		*p += n;
		return 0;
	}
	if ((*p)[0] < '0' || (*p)[0] >= '0' + TILE_LEVELS || (*p)[1] != '/')
		return E_BAD_INPUT;
	*level = (*p)[0] - '0';
	*p += 2;
	return 0;
}

int
tile_parse(struct tile_name *t, const char *text)
{
	const char *p = text, *rest;
	char again[TILE_PATH_MAX];

	*t = (struct tile_name){ .width = TILE_WIDTH };
	if (read_level(&t->level, &p) < 0)
		return E_BAD_INPUT;
	rest = p;
	while (*p == 'x') {
		p++;
		if (read_group(&t->n, &p) < 0 || *p++ != '/')
			return E_BAD_INPUT;
	}
	if (read_group(&t->n, &p) < 0)
		return E_BAD_INPUT;
	if (strncmp(p, ".p/", 3) == 0)
		t->width = atoi(p + 3);
	if (t->width < 1 || t->width > TILE_WIDTH)
		return E_BAD_INPUT;
	tile_path(again, t->n, t->width);	/* one spelling only */
	return strcmp(again, rest) == 0 ? 0 : E_BAD_INPUT;
}
