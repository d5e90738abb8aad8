/* SPDX-License-Identifier: Apache-2.0 */
/* csv.c - tables for spreadsheets, which never become formulas. */
#include "base/csv.h"
#include <inttypes.h>
#include <string.h>
#include "base/buf.h"

void
csv_begin(struct csv *c, struct buf *out)
{
	c->out = out;
	c->column = 0;
	buf_str(out, "\xef\xbb\xbf");
}

static void
next_column(struct csv *c)
{
	if (c->column++ > 0)
		buf_char(c->out, ',');
}

void
csv_text(struct csv *c, const char *text)
{
	bool formula, quoted;

	next_column(c);
	if (text == NULL || text[0] == '\0')
		return;
	formula = strchr("=+-@", text[0]) != NULL ||
	    (unsigned char)text[0] < 0x20;
	quoted = formula || strpbrk(text, ",\"\r\n") != NULL;
	if (quoted)
		buf_char(c->out, '"');
	if (formula)
		buf_char(c->out, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			buf_char(c->out, '"');
		buf_char(c->out, *text);
	}
	if (quoted)
		buf_char(c->out, '"');
}

void
csv_int(struct csv *c, int64_t n)
{
	next_column(c);
	buf_printf(c->out, "%" PRId64, n);
}

void
csv_number(struct csv *c, const char *text, size_t n)
{
	next_column(c);
	buf_add(c->out, text, n);
}

void
csv_end_row(struct csv *c)
{
	buf_str(c->out, "\r\n");
	c->column = 0;
}
