/* SPDX-License-Identifier: Apache-2.0 */
/*
 * details_narrow.c - what a customer leaves of what was asked: fewer data sets,
 * less history, less detail, fewer of her accounts, a nearer end. Nothing here
 * may make anything wider.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "catalogue/catalogue.h"
#include "consent/details_own.h"

enum { DATE_LEN = 10, PART_MAX = 9999 };

/* ---- days ---- */

int
detail_time(int64_t *us, const char *text)
{
	char full[32];

	if (strlen(text) != DATE_LEN)
		return time_parse(us, text);
	snprintf(full, sizeof(full), "%sT00:00:00Z", text);
	return time_parse(us, full);
}

const char *
detail_day(struct arena *a, int64_t us)
{
	time_t t = (time_t)(us / 1000000);
	struct tm tm;
	char day[16];

	localtime_r(&t, &tm);
	strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	return arena_strdup(a, day);
}

/* "36M": a number and one of the units left; NULL: neither. */
static const char *
part(const char *p, const char **units, int *n)
{
	const char *unit;

	for (*n = 0; *p >= '0' && *p <= '9'; p++)
		if ((*n = *n * 10 + *p - '0') > PART_MAX)
			return NULL;
	unit = *p == '\0' ? NULL : strchr(*units, *p);
	if (unit == NULL || *n == 0)
		return NULL;
	*units = unit + 1;		/* each once, from the largest down */
	return p;
}

/* By the calendar, where P1M is a month of whatever length. */
const char *
detail_days_before(struct arena *a, int64_t us, const char *duration)
{
	time_t t = (time_t)(us / 1000000);
	const char *p = duration, *units = "YMWD";
	struct tm tm;
	int n;

	if (*p++ != 'P' || *p == '\0')
		return NULL;
	localtime_r(&t, &tm);
	tm.tm_hour = 12;		/* no clock goes back at noon */
	for (; *p != '\0'; p++) {
		if ((p = part(p, &units, &n)) == NULL)
			return NULL;
		tm.tm_year -= *p == 'Y' ? n : 0;
		tm.tm_mon -= *p == 'M' ? n : 0;
		tm.tm_mday -= *p == 'W' ? 7 * n : *p == 'D' ? n : 0;
	}
	tm.tm_isdst = -1;
	t = mktime(&tm);
	if (tm.tm_year < -899)		/* before the year 1001: no more digits */
		return "1001-01-01";
	return detail_day(a, (int64_t)t * 1000000);
}

int64_t
details_earliest_us(const struct details *d, int64_t now_us)
{
	int64_t first = INT64_MAX;

	for (size_t i = 0; i < d->n; i++) {
		struct arena *a = arena_new();
		const struct detail *one = &d->list[i];
		const char *from = one->history == NULL ? one->from :
		    detail_days_before(a, now_us, one->history);
		int64_t us = INT64_MIN;

		if (from == NULL || detail_time(&us, from) < 0)
			us = INT64_MIN;
		first = us < first ? us : first;
		arena_free(a);
	}
	return first;
}

/* ---- one data set ---- */

static bool
keep_period(struct detail *d, struct arena *a, const struct narrowing *by)
{
	int64_t from = INT64_MIN, to = INT64_MAX;

	if (d->history != NULL)
		d->from = detail_days_before(a, by->now_us, d->history);
	d->history = NULL;
	if ((d->from != NULL && detail_time(&from, d->from) < 0) ||
	    (d->to != NULL && detail_time(&to, d->to) < 0))
		return false;
	if (by->from_us > from) {
		d->from = detail_day(a, by->from_us);
		from = by->from_us;
	}
	return from < to;
}

static bool
listed(const char *const *list, const char *text)
{
	while (*list != NULL && strcmp(*list, text) != 0)
		list++;
	return *list != NULL;
}

/* False: one was not asked, is named twice, or the schema has none. */
static bool
keep_accounts(struct detail *d, struct arena *a, const struct schema *s,
    const char *const *kept)
{
	const char **out;
	size_t n = 0;

	if (kept == NULL)
		return true;
	while (kept[n] != NULL)
		n++;
	if (n == 0 || n > DETAILS_ACCOUNTS_MAX ||
	    (s != NULL && s->account == NULL))
		return false;
	out = arena_alloc(a, (n + 1) * sizeof(*out));
	for (size_t i = 0; i < n; i++) {
		if ((d->accounts != NULL && !listed(d->accounts, kept[i])) ||
		    listed(out, kept[i]))
			return false;
		out[i] = arena_strdup(a, kept[i]);
	}
	d->accounts = out;
	return true;
}

/* Finer than asked would be wider. */
static bool
keep_granularity(struct detail *d, const struct schema *s, const char *kept)
{
	int asked, chosen;

	if (kept == NULL || detail_same_text(kept, d->granularity))
		return true;
	if (s == NULL)
		return false;
	asked = d->granularity == NULL ? 0 :
	    schema_granularity(s, d->granularity);
	chosen = schema_granularity(s, kept);
	if (chosen < 0 || chosen < asked)
		return false;
	d->granularity = kept;
	return true;
}

/* ---- all of them ---- */

static const struct schema *
schema_of(const struct catalogue *c, const char *dataset)
{
	const struct dataset *d = c == NULL ? NULL : dataset_find(c, dataset);

	return d == NULL ? NULL : d->schema;
}

/* What is left of one: an empty period leaves nothing, and is no fault. */
static int
keep(struct details *out, struct arena *a, const struct catalogue *c,
    const struct details *asked, const struct narrowing *by, size_t i)
{
	const struct detail_choice *choice = &by->choices[i];
	const struct detail *d = details_find(asked, choice->dataset);
	const struct schema *s = schema_of(c, choice->dataset);
	struct detail *one = &out->list[out->n];

	if (d == NULL || details_find(out, choice->dataset) != NULL)
		return E_DENIED;
	*one = *d;
	if (!keep_granularity(one, s, choice->granularity) ||
	    !keep_accounts(one, a, s, choice->accounts))
		return E_DENIED;
	if (s != NULL && s->period == NULL)
		one->from = one->to = one->history = NULL;
	else if (!keep_period(one, a, by))
		return 0;
	out->n++;
	return 0;
}

int
details_narrow(struct details *out, struct arena *a, const struct catalogue *c,
    const struct details *asked, const struct narrowing *by)
{
	char until[TIME_TEXT_MAX];

	memset(out, 0, sizeof(*out));
	if (asked->until != NULL && by->until_us > asked->until_us)
		return E_DENIED;
	for (size_t i = 0; i < by->n; i++)
		if (keep(out, a, c, asked, by, i) < 0)
			return E_DENIED;
	time_text_ms(until, by->until_us);
	out->until_us = by->until_us;
	out->until = asked->until != NULL && by->until_us == asked->until_us ?
	    asked->until : arena_strdup(a, until);
	out->purpose = asked->purpose;
	out->recurrence = asked->recurrence;
	return out->n > 0 ? 0 : E_DENIED;
}

const struct detail_choice *
detail_choices(struct arena *a, const char *const *ids, size_t n)
{
	struct detail_choice *choices = arena_alloc(a, (n + 1) *
	    sizeof(*choices));

	for (size_t i = 0; i < n; i++)
		choices[i].dataset = ids[i];
	return choices;
}
