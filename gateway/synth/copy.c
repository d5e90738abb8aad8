/* SPDX-License-Identifier: Apache-2.0 */
/*
 * copy.c - rows on their way into a table, as COPY's text format.
 *
 * Cells are appended to one buffer that is handed over whenever it holds a few
 * dozen kilobytes, so that a million people take the memory of one.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "synth/synth_own.h"

/* Is it a cell's turn at all? */
static bool
next_cell(struct copy *c)
{
	if (c->mode != TO_TABLE)
		return false;
	if (c->begun)
		buf_char(&c->out, '\t');
	c->begun = true;
	return true;
}

void
cell_text(struct copy *c, const char *text)
{
	if (!next_cell(c))
		return;
	if (text == NULL)
		buf_str(&c->out, "\\N");
	else {
		assert(strpbrk(text, "\t\n\r\\") == NULL);	/* our own words */
		buf_str(&c->out, text);
	}
}

void
cell_int(struct copy *c, int64_t n)
{
	if (next_cell(c))
		buf_printf(&c->out, "%" PRId64, n);
}

void
cell_bool(struct copy *c, bool b)
{
	cell_text(c, b ? "t" : "f");
}

static void
cell_scaled(struct copy *c, int64_t n, int64_t unit, int digits)
{
	int64_t size = n < 0 ? -n : n;

	if (next_cell(c))
		buf_printf(&c->out, "%s%" PRId64 ".%0*" PRId64, n < 0 ? "-" : "",
		    size / unit, digits, size % unit);
}

void
cell_money(struct copy *c, int64_t cents)
{
	cell_scaled(c, cents, 100, 2);
}

void
cell_milli(struct copy *c, int64_t e3)
{
	cell_scaled(c, e3, 1000, 3);
}

void
cell_micro(struct copy *c, int64_t e6)
{
	cell_scaled(c, e6, 1000000, 6);
}

/* FOREVER is what such houses write: the last day their dates can hold. */
void
cell_date(struct copy *c, int day)
{
	struct date d = day == FOREVER ? (struct date){ 9999, 12, 31 } :
	    date_of(day);

	if (next_cell(c))
		buf_printf(&c->out, "%04d-%02d-%02d", d.year, d.month, d.day);
}

void
cell_date_or_null(struct copy *c, int day)
{
	if (day == FOREVER)
		cell_text(c, NULL);
	else
		cell_date(c, day);
}

void
cell_ymd(struct copy *c, int day)
{
	struct date d = date_of(day == FOREVER ? 0 : day);

	cell_int(c, day == FOREVER ? 0 : d.year * 10000 + d.month * 100 + d.day);
}

void
cell_time(struct copy *c, int64_t us)
{
	char text[TIME_TEXT_MAX];

	time_text_us(text, us);
	cell_text(c, text);
}

void
cell_wall(struct copy *c, int64_t local_s)
{
	char text[TIME_TEXT_MAX];

	time_text_ms(text, local_s * 1000000);
	text[19] = 0;			/* neither fraction nor zone */
	cell_text(c, text);
}

void
cell_paris(struct copy *c, int64_t utc_s)
{
	int offset = paris_offset(utc_s);

	cell_wall(c, utc_s + offset);
	cell_bool(c, offset == 7200);
}

void
cell_ints(struct copy *c, const int32_t *v, int n)
{
	if (!next_cell(c))
		return;
	for (int i = 0; i < n; i++)
		buf_printf(&c->out, "%c%" PRId32, i == 0 ? '{' : ',', v[i]);
	buf_char(&c->out, '}');
}
