/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zone.c - local time of a source, without touching the process's own TZ.
 *
 * Sources may live in different zones, libc knows one at a time: so each
 * zone's changes of offset are read once, at start, and kept as a table.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/mem.h"
#include "catalogue/catalogue_own.h"

enum { CHANGES_MAX = 1024 };
static const int64_t first_s = -2208988800;	/* 1900 */
static const int64_t last_s = 4102444800;	/* 2100 */

struct zone {
	size_t n, last;			/* last: where the last look ended */
	struct { int64_t from_s; int offset_s; } changes[CHANGES_MAX];
};

static int
offset_at(int64_t s)
{
	time_t t = (time_t)s;
	struct tm tm;

	localtime_r(&t, &tm);
	return (int)tm.tm_gmtoff;
}

/* The first second in (from, to] whose offset is not that of from. */
static int64_t
change_between(int64_t from, int64_t to)
{
	int old = offset_at(from);

	while (to - from > 1) {
		int64_t half = from + (to - from) / 2;

		if (offset_at(half) == old)
			from = half;
		else
			to = half;
	}
	return to;
}

static void
fill(struct zone *z)
{
	const int64_t week = 7 * 86400;	/* no zone changed twice in one */

	z->changes[0].from_s = INT64_MIN;
	z->changes[0].offset_s = offset_at(first_s);
	z->n = 1;
	for (int64_t s = first_s; s < last_s && z->n < CHANGES_MAX; s += week) {
		int64_t at;

		if (offset_at(s) == offset_at(s + week))
			continue;
		at = change_between(s, s + week);
		z->changes[z->n].from_s = at;
		z->changes[z->n].offset_s = offset_at(at);
		z->n++;
	}
}

/* libc takes whatever is no zone for UTC, without a word. */
static bool
known(const char *name)
{
	char path[256], magic[4];
	bool is_zone = false;
	FILE *in;

	if (strstr(name, "..") != NULL || name[0] == '/')
		return false;
	snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
	if ((in = fopen(path, "re")) == NULL)
		return strcmp(name, "UTC") == 0;
	is_zone = fread(magic, 1, 4, in) == 4 && memcmp(magic, "TZif", 4) == 0;
	fclose(in);
	return is_zone;
}

struct zone *
zone_load(struct arena *a, const char *name)
{
	const char *now = getenv("TZ");
	char *before = now == NULL ? NULL : xstrdup(now);
	struct zone *z;

	if (!known(name)) {
		free(before);
		return NULL;
	}
	setenv("TZ", name, 1);
	tzset();
	z = arena_alloc(a, sizeof(*z));
	fill(z);
	if (before != NULL)
		setenv("TZ", before, 1);
	else
		unsetenv("TZ");
	tzset();
	free(before);
	return z;
}

static bool
holds(const struct zone *z, size_t i, int64_t utc_s)
{
	return z->changes[i].from_s <= utc_s &&
	    (i + 1 == z->n || utc_s < z->changes[i + 1].from_s);
}

int
zone_offset(struct zone *z, int64_t utc_s)
{
	size_t low = 0, high = z->n;

	if (holds(z, z->last, utc_s))
		return z->changes[z->last].offset_s;
	while (high - low > 1) {
		size_t half = low + (high - low) / 2;

		if (z->changes[half].from_s <= utc_s)
			low = half;
		else
			high = half;
	}
	z->last = low;
	return z->changes[low].offset_s;
}
