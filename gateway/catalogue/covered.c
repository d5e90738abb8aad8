/* SPDX-License-Identifier: Apache-2.0 */
/* covered.c - the dates that what leaves is about (page.h). */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "catalogue/catalogue_own.h"
#include "catalogue/page.h"
#include "catalogue/plan.h"
#include "catalogue/types.h"

#define DAY_S INT64_C(86400)
#define SINCE_2000_DAYS INT64_C(10957)	/* PostgreSQL counts from 2000 */

static int64_t
whole(const struct cell *c)
{
	uint64_t v = 0;

	for (int i = 0; i < c->n; i++)
		v = v << 8 | (uint8_t)c->data[i];
	return c->n == 4 ? (int32_t)v : (int64_t)v;
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* False: it is none, or without end. */
static bool
day_of(int64_t *day, const struct cell *c, struct zone *zone)
{
	int64_t v, s;

	if (c->type == T_DATE && c->n == 4) {
		v = whole(c);
		*day = v + SINCE_2000_DAYS;
		return v != INT32_MAX && v != INT32_MIN;
	}
	if ((c->type != T_TIMESTAMPTZ && c->type != T_TIMESTAMP) || c->n != 8)
		return false;
	v = whole(c);
	if (v == INT64_MAX || v == INT64_MIN)
		return false;
	s = floor_div(v, 1000000) + SINCE_2000_DAYS * DAY_S;
	if (c->type == T_TIMESTAMPTZ && zone != NULL)
		s += zone_offset(zone, s);
	*day = floor_div(s, DAY_S);
	return true;
}

void
covered_join(struct covered *c, const struct covered *more)
{
	if (!more->any)
		return;
	if (!c->any || more->first < c->first)
		c->first = more->first;
	if (!c->any || more->last > c->last)
		c->last = more->last;
	c->any = true;
}

void
covered_add(struct covered *c, const struct page_ask *ask,
    const struct rows *rows, int row)
{
	const struct record_plan *p = ask->dataset->plan;
	struct covered one = { .any = true };
	struct cell cell;

	if (p == NULL || p->period < 0)
		return;
	row_cell(rows, row, p->period, &cell);
	if (!day_of(&one.first, &cell, p->zone))
		return;
	one.last = one.first;
	covered_join(c, &one);
}

static bool
put_day(char out[16], int64_t day)
{
	time_t t = (time_t)(day * DAY_S);
	struct tm tm;

	return gmtime_r(&t, &tm) != NULL && tm.tm_year >= -899 &&
	    tm.tm_year <= 8099 && strftime(out, 16, "%Y-%m-%d", &tm) == 10;
}

const char *
covered_text(char text[COVERED_TEXT], const struct covered *c)
{
	char first[16], last[16];

	if (!c->any || !put_day(first, c->first) || !put_day(last, c->last))
		return NULL;
	snprintf(text, COVERED_TEXT, "%s/%s", first, last);
	return text;
}
