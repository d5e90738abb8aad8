/* SPDX-License-Identifier: Apache-2.0 */
/*
 * say.c - a record on its way into a file, as NDJSON or as CSV.
 *
 * Members come in the order they are said; an object is opened by its first
 * member ("period.start") and closed by the first of another. In CSV a column
 * is a field that is no object; a list stands in its cell as JSON (RFC 4180).
 */
#include <assert.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/attr.h"
#include "base/error.h"
#include "catalogue/cell.h"
#include "synth/synth_own.h"

enum { HAND_OVER = 48 * 1024 };

/* ---- where a value goes ---- */

static struct buf *
values_of(struct copy *c)
{
	return c->mode == TO_CSV ? &c->values : &c->out;
}

/* Continues an object: a comma, save before the first member. */
static void
comma(struct buf *b, bool *begun)
{
	if (*begun)
		buf_char(b, ',');
	*begun = true;
}

static void
name(struct buf *b, const char *text, size_t n)
{
	buf_char(b, '"');
	buf_add(b, text, n);
	buf_add(b, "\":", 2);
}

static void
close_object(struct copy *c)
{
	if (c->object[0] != '\0')
		buf_char(&c->out, '}');
	c->object[0] = '\0';
}

static void
open_object(struct copy *c, const char *object, size_t n)
{
	assert(n < OBJECT_MAX);
	if (strncmp(c->object, object, n) == 0 && c->object[n] == '\0')
		return;
	close_object(c);
	comma(&c->out, &c->begun);
	name(&c->out, object, n);
	buf_char(&c->out, '{');
	memcpy(c->object, object, n);
	c->object[n] = '\0';
	c->inner = false;
}

static void
json_key(struct copy *c, const char *path)
{
	const char *dot = strchr(path, '.');

	if (!c->begun)
		buf_char(&c->out, '{');
	if (dot == NULL) {
		close_object(c);
		comma(&c->out, &c->begun);
		name(&c->out, path, strlen(path));
	} else {
		open_object(c, path, (size_t)(dot - path));
		comma(&c->out, &c->inner);
		name(&c->out, dot + 1, strlen(dot + 1));
	}
}

static void
csv_key(struct copy *c, const char *path, bool quoted)
{
	int i = 0;

	while (i < c->column_count && strcmp(c->columns[i], path) != 0)
		i++;
	assert(i < c->column_count);		/* a field of the schema */
	c->value[i].at = c->values.len;
	c->value[i].n = SIZE_MAX;		/* until the next one begins */
	c->value[i].quoted = quoted;
}

/* Is it a record's turn? Then what comes is the value of path. */
static bool
key(struct copy *c, const char *path, bool quoted)
{
	if (c->mode == TO_TABLE)
		return false;
	if (c->in_list) {
		comma(values_of(c), &c->inner);
		name(values_of(c), path, strlen(path));
	} else if (c->mode == TO_NDJSON)
		json_key(c, path);
	else
		csv_key(c, path, quoted);
	return true;
}

static void
value_end(struct copy *c)
{
	if (c->mode != TO_CSV || c->in_list)
		return;
	for (int i = 0; i < c->column_count; i++)
		if (c->value[i].n == SIZE_MAX)
			c->value[i].n = c->values.len - c->value[i].at;
}

/* ---- values ---- */

static void
quoted(struct copy *c, const char *path, const char *text, size_t n)
{
	struct buf *b = values_of(c);

	if (!key(c, path, true))
		return;
	if (c->mode == TO_NDJSON || c->in_list)
		buf_char(b, '"');
	buf_add(b, text, n);
	if (c->mode == TO_NDJSON || c->in_list)
		buf_char(b, '"');
	value_end(c);
}

void
say_text(struct copy *c, const char *path, const char *text)
{
	if (text == NULL)
		return;
	assert(strpbrk(text, "\"\\\n\r\t") == NULL);	/* our own words */
	quoted(c, path, text, strlen(text));
}

static void
number(struct copy *c, const char *path, const char *text, size_t n)
{
	if (!key(c, path, false))
		return;
	buf_add(values_of(c), text, n);
	value_end(c);
}

/* n with `digits` digits after the point. */
void
say_scaled(struct copy *c, const char *path, int64_t n, int digits)
{
	char text[32], *p = text + sizeof(text);
	uint64_t left = n < 0 ? -(uint64_t)n : (uint64_t)n;

	for (int i = 0; i <= digits || left > 0; i++) {
		if (i == digits && digits > 0)
			*--p = '.';
		*--p = (char)('0' + left % 10);
		left /= 10;
	}
	if (n < 0)
		*--p = '-';
	number(c, path, p, (size_t)(text + sizeof(text) - p));
}

void
say_int(struct copy *c, const char *path, int64_t n)
{
	say_scaled(c, path, n, 0);
}

void
say_money(struct copy *c, const char *path, int64_t cents)
{
	say_scaled(c, path, cents, 2);
}

void
say_milli(struct copy *c, const char *path, int64_t e3)
{
	say_scaled(c, path, e3, 3);
}

void
say_micro(struct copy *c, const char *path, int64_t e6)
{
	say_scaled(c, path, e6, 6);
}

void
say_bool(struct copy *c, const char *path, bool b)
{
	number(c, path, b ? "true" : "false", b ? 4 : 5);
}

void
say_date(struct copy *c, const char *path, int day)
{
	struct date d = date_of(day == FOREVER ? 0 : day);
	char text[] = "0000-00-00";

	if (day == FOREVER)
		return;
	for (int i = 3; i >= 0; i--, d.year /= 10)
		text[i] = (char)('0' + d.year % 10);
	text[5] = (char)('0' + d.month / 10);
	text[6] = (char)('0' + d.month % 10);
	text[8] = (char)('0' + d.day / 10);
	text[9] = (char)('0' + d.day % 10);
	quoted(c, path, text, 10);
}

void
say_time(struct copy *c, const char *path, int64_t us)
{
	char text[48], *end = cell_instant(text, us, paris_offset(us / 1000000));

	assert(end != NULL);
	quoted(c, path, text, (size_t)(end - text));
}

/* ---- lists ---- */

void
say_list(struct copy *c, const char *path)
{
	if (!key(c, path, true))
		return;
	buf_char(values_of(c), '[');
	c->in_list = true;
	c->items = false;
}

void
say_item(struct copy *c)
{
	if (c->mode == TO_TABLE)
		return;
	buf_str(values_of(c), !c->items ? "{" : "},{");
	c->items = true;
	c->inner = false;
}

void
say_list_end(struct copy *c)
{
	if (c->mode == TO_TABLE)
		return;
	buf_str(values_of(c), c->items ? "}]" : "]");
	c->in_list = false;
	value_end(c);
}

/* ---- both sides in one line ---- */

void
both_text(struct copy *c, const char *path, const char *text)
{
	cell_text(c, text);
	say_text(c, path, text);
}

void
both_int(struct copy *c, const char *path, int64_t n)
{
	cell_int(c, n);
	say_int(c, path, n);
}

void
both_date(struct copy *c, const char *path, int day)
{
	cell_date_or_null(c, day);
	say_date(c, path, day);
}

void
both_cents(struct copy *c, const char *path, int64_t cents)
{
	cell_int(c, cents);
	say_money(c, path, cents);
}

void
both_code(struct copy *c, const char *path, const char *legacy, const char *code)
{
	cell_text(c, legacy);
	say_text(c, path, code);
}

void
both_changed(struct copy *c, int64_t us)
{
	cell_time(c, us);
	say_time(c, "changed", us);
}

/* ---- the end of a row ---- */

static int
write_all(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, bytes, n);

		if (done < 0)
			return E_UNAVAILABLE;
		bytes += done;
		n -= (size_t)done;
	}
	return 0;
}

void
copy_flush(struct copy *c)
{
	if (c->failure < 0 || c->out.len == 0)
		;
	else if (c->mode != TO_TABLE)
		c->failure = write_all(c->fd, c->out.data, c->out.len);
	else if (PQputCopyData(c->connection, c->out.data, (int)c->out.len) != 1)
		c->failure = E_UNAVAILABLE;
	buf_reset(&c->out);
}

/* Doubled quotes, in quotes: the one way every reader of CSV agrees on. */
static void
csv_text(struct buf *b, const char *text, size_t n)
{
	buf_char(b, '"');
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '"')
			buf_char(b, '"');
		buf_char(b, text[i]);
	}
	buf_char(b, '"');
}

static void
csv_row(struct copy *c)
{
	for (int i = 0; i < c->column_count; i++) {
		const char *text = c->values.data + c->value[i].at;

		if (i > 0)
			buf_char(&c->out, ',');
		if (c->value[i].n > 0 && c->value[i].quoted)
			csv_text(&c->out, text, c->value[i].n);
		else if (c->value[i].n > 0)
			buf_add(&c->out, text, c->value[i].n);
		c->value[i].n = 0;
	}
	buf_reset(&c->values);
	buf_str(&c->out, "\r\n");
}

void
row_end(struct copy *c)
{
	if (c->mode == TO_CSV)
		csv_row(c);
	else if (c->mode == TO_NDJSON) {
		close_object(c);
		buf_str(&c->out, "}\n");
	} else
		buf_char(&c->out, '\n');
	c->begun = false;
	c->rows++;
	if (c->out.len >= HAND_OVER)
		copy_flush(c);
}
