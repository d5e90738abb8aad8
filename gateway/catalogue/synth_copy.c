/* SPDX-License-Identifier: Apache-2.0 */
/*
 * synth_copy.c - rows on their way into a table, as COPY's text format.
 *
 * Cells are appended to one buffer that is handed over whenever it holds a few
 * dozen kilobytes, so that a million people take the memory of one.
 */
#include <assert.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/error.h"
#include "catalogue/synth_own.h"

enum { HAND_OVER = 48 * 1024 };

static void
next_cell(struct copy *c)
{
	if (c->begun)
		buf_char(&c->out, '\t');
	c->begun = true;
}

void
cell_text(struct copy *c, const char *text)
{
	next_cell(c);
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
	next_cell(c);
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

	next_cell(c);
	buf_printf(&c->out, "%s%" PRId64 ".%0*" PRId64, n < 0 ? "-" : "",
	    size / unit, digits, size % unit);
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

	next_cell(c);
	buf_printf(&c->out, "%04d-%02d-%02d", d.year, d.month, d.day);
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
cell_ints(struct copy *c, const int32_t *v, int n)
{
	next_cell(c);
	for (int i = 0; i < n; i++)
		buf_printf(&c->out, "%c%" PRId32, i == 0 ? '{' : ',', v[i]);
	buf_char(&c->out, '}');
}

void
row_end(struct copy *c)
{
	buf_char(&c->out, '\n');
	c->begun = false;
	c->rows++;
	if (c->out.len < HAND_OVER)
		return;
	if (c->failure == 0 && PQputCopyData(c->connection, c->out.data,
	    (int)c->out.len) != 1)
		c->failure = E_UNAVAILABLE;
	buf_reset(&c->out);
}
