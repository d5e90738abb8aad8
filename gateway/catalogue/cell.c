/* cell.c - one binary value, as JSON or as text. */
#include "catalogue/cell.h"
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/jw.h"
#include "base/text.h"
#include "catalogue/catalogue_own.h"
#include "catalogue/types.h"

/* PostgreSQL counts from 2000-01-01. */
enum { EPOCH_DAYS = 10957 };
static const int64_t day_us = 86400000000;

static uint16_t
u16(const char *p)
{
	const uint8_t *b = (const uint8_t *)p;

	return (uint16_t)(b[0] << 8 | b[1]);
}

static uint32_t
u32(const char *p)
{
	return (uint32_t)u16(p) << 16 | u16(p + 2);
}

static uint64_t
u64(const char *p)
{
	return (uint64_t)u32(p) << 32 | u32(p + 4);
}

/* ---- numbers ---- */

static void
put_int(struct buf *b, int64_t v)
{
	char digits[24], *p = digits + sizeof(digits);
	uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	do
		*--p = (char)('0' + left % 10);
	while ((left /= 10) > 0);
	if (v < 0)
		*--p = '-';
	buf_add(b, p, (size_t)(digits + sizeof(digits) - p));
}

static void
put_group(struct buf *b, unsigned group, int digits)
{
	char text[4] = { (char)('0' + group / 1000), (char)('0' + group / 100 % 10),
	    (char)('0' + group / 10 % 10), (char)('0' + group % 10) };

	buf_add(b, text, (size_t)digits);
}

/*
 * ndigits, weight, sign, dscale, then groups of four digits; weight is the
 * power of 10,000 of the first one. NaN and infinities have no JSON: refused.
 */
static bool
put_numeric(struct buf *b, const struct cell *c)
{
	int n, weight, scale, group = 0;

	if (c->n < 8)
		return false;
	n = u16(c->data);
	weight = (int16_t)u16(c->data + 2);
	scale = u16(c->data + 6);
	if (c->n != 8 + 2 * n || (u16(c->data + 4) & ~0x4000) != 0)
		return false;
#define GROUP(i) ((i) >= 0 && (i) < n ? u16(c->data + 8 + 2 * (i)) : 0u)
	if (u16(c->data + 4) == 0x4000)
		buf_char(b, '-');
	if (weight < 0)
		buf_char(b, '0');
	for (group = 0; group <= weight; group++) {
		if (group == 0)
			put_int(b, GROUP(0));
		else
			put_group(b, GROUP(group), 4);
	}
	if (scale == 0)
		return true;
	buf_char(b, '.');
	for (group = weight + 1; scale > 0; group++, scale -= 4)
		put_group(b, GROUP(group), scale < 4 ? scale : 4);
#undef GROUP
	return true;
}

/* The shortest text that reads back as the same value. */
static bool
put_float(struct buf *b, double v, int least, int most)
{
	char text[40];

	if (!isfinite(v))
		return false;
	for (int digits = least; digits <= most; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, v);
		if (most == 9 ? strtof(text, NULL) == (float)v :
		    strtod(text, NULL) == v)
			break;
	}
	buf_str(b, text);
	return true;
}

/* ---- time ---- */

/* Days since 1970 to a civil date (H. Hinnant's days_from_civil, reversed). */
static void
put_day(struct buf *b, int64_t days)
{
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	unsigned doe = (unsigned)(z - era * 146097);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (5 * doy + 2) / 153, day = doy - (153 * mp + 2) / 5 + 1;
	unsigned month = mp < 10 ? mp + 3 : mp - 9;
	int64_t year = (int64_t)yoe + era * 400 + (month <= 2);

	put_group(b, (unsigned)(year < 0 ? 0 : year > 9999 ? 9999 : year), 4);
	char rest[6] = { '-', (char)('0' + month / 10), (char)('0' + month % 10),
	    '-', (char)('0' + day / 10), (char)('0' + day % 10) };
	buf_add(b, rest, sizeof(rest));
}

static void
put_two(struct buf *b, char before, unsigned v)
{
	char text[3] = { before, (char)('0' + v / 10), (char)('0' + v % 10) };

	buf_add(b, text, 3);
}

static void
put_fraction(struct buf *b, unsigned us, bool whole)
{
	char text[8];
	size_t n = 7;

	if (us == 0 && !whole)
		return;
	snprintf(text, sizeof(text), ".%06u", us % 1000000);
	while (!whole && text[n - 1] == '0')
		n--;
	buf_add(b, text, n);
}

/* us since 1970, UTC; shown `offset` seconds east of it. */
static void
put_instant(struct buf *b, int64_t us, int offset, bool whole)
{
	int64_t local = us + (int64_t)offset * 1000000;
	int64_t day = local / day_us - (local % day_us < 0);
	int64_t in_day = local - day * day_us;
	unsigned s = (unsigned)(in_day / 1000000);
	unsigned east = (unsigned)(offset < 0 ? -offset : offset) / 60;

	put_day(b, day);
	put_two(b, 'T', s / 3600);
	put_two(b, ':', s / 60 % 60);
	put_two(b, ':', s % 60);
	put_fraction(b, (unsigned)(in_day % 1000000), whole);
	put_two(b, offset < 0 ? '-' : '+', east / 60);
	put_two(b, ':', east % 60);
}

static int64_t
since_1970(const struct cell *c)
{
	return (int64_t)u64(c->data) + EPOCH_DAYS * day_us;
}

static bool
finite_time(const struct cell *c)
{
	if (c->type == T_DATE)
		return c->n == 4 && u32(c->data) != 0x7fffffffu &&
		    u32(c->data) != 0x80000000u;
	return c->n == 8 && u64(c->data) != INT64_MAX &&
	    u64(c->data) != (uint64_t)INT64_MIN;
}

/* ---- texts ---- */

/* Runs of ordinary bytes are copied whole: nearly all texts are one. */
void
json_string_to(struct buf *b, const char *s, size_t n)
{
	struct jw w;
	size_t i = 0;

	while (i < n && (uint8_t)s[i] >= 0x20 && (uint8_t)s[i] < 0x7f &&
	    s[i] != '"' && s[i] != '\\')
		i++;
	if (i == n) {
		buf_char(b, '"');
		buf_add(b, s, n);
		buf_char(b, '"');
		return;
	}
	jw_init(&w, b);
	jw_string_n(&w, s, n);
}

static void
put_uuid(struct buf *b, const struct cell *c)
{
	char text[UUID_TEXT];
	struct uuid u;

	memcpy(u.bytes, c->data, 16);
	uuid_text(text, &u);
	buf_str(b, text);
}

/* ---- a cell ---- */

/* Values whose JSON is their text. false also when it is no such type. */
static bool
put_bare(struct buf *b, const struct cell *c)
{
	union { uint32_t u; float f; } f4;
	union { uint64_t u; double f; } f8;

	switch (c->type) {
	case T_INT2:
		return c->n == 2 && (put_int(b, (int16_t)u16(c->data)), true);
	case T_INT4:
		return c->n == 4 && (put_int(b, (int32_t)u32(c->data)), true);
	case T_INT8:
		return c->n == 8 && (put_int(b, (int64_t)u64(c->data)), true);
	case T_NUMERIC:
		return put_numeric(b, c);
	case T_BOOL:
		return c->n == 1 &&
		    (buf_str(b, c->data[0] ? "true" : "false"), true);
	case T_FLOAT4:
		f4.u = c->n == 4 ? u32(c->data) : 0x7fc00000u;
		return put_float(b, (double)f4.f, 6, 9);
	case T_FLOAT8:
		f8.u = c->n == 8 ? u64(c->data) : 0x7ff8000000000000u;
		return put_float(b, f8.f, 15, 17);
	default:
		return false;
	}
}

static bool
put_json(struct buf *b, const struct cell *c)
{
	int skip = c->type == T_JSONB;		/* a version byte */

	if (c->n < skip + 1 || (skip && c->data[0] != 1))
		return false;
	buf_add(b, c->data + skip, (size_t)(c->n - skip));
	return true;
}

bool
cell_to_json(struct buf *b, const struct cell *c, const struct zone *z)
{
	switch (c->type) {
	case T_TEXT: case T_VARCHAR: case T_NAME: case T_CHAR:
		json_string_to(b, c->data, (size_t)c->n);
		return true;
	case T_BPCHAR: {
		int n = c->n;

		while (n > 0 && c->data[n - 1] == ' ')
			n--;		/* blanks that only pad */
		json_string_to(b, c->data, (size_t)n);
		return true;
	}
	case T_DATE:
	case T_TIMESTAMPTZ:
		if (!finite_time(c))
			return false;
		buf_char(b, '"');
		if (c->type == T_DATE) {
			put_day(b, (int32_t)u32(c->data) + EPOCH_DAYS);
		} else {
			int64_t us = since_1970(c);

			put_instant(b, us, zone_offset(z, us / 1000000 -
			    (us % 1000000 < 0)), false);
		}
		buf_char(b, '"');
		return true;
	case T_UUID:
		if (c->n != 16)
			return false;
		buf_char(b, '"');
		put_uuid(b, c);
		buf_char(b, '"');
		return true;
	case T_JSON: case T_JSONB:
		return put_json(b, c);
	default:
		return put_bare(b, c);
	}
}

bool
cell_to_text(struct buf *b, const struct cell *c)
{
	switch (c->type) {
	case T_TEXT: case T_VARCHAR: case T_NAME: case T_CHAR: case T_BPCHAR:
		buf_add(b, c->data, (size_t)c->n);
		return true;
	case T_DATE:
		if (!finite_time(c))
			return false;
		put_day(b, (int32_t)u32(c->data) + EPOCH_DAYS);
		return true;
	case T_TIMESTAMPTZ:
		if (!finite_time(c))
			return false;
		put_instant(b, since_1970(c), 0, true);
		return true;
	case T_UUID:
		return c->n == 16 && (put_uuid(b, c), true);
	default:
		return put_bare(b, c);
	}
}

/* ---- arrays: ndim, flags, type, then length and lower bound, then items ---- */

bool
walk_begin(struct walk *w, const struct cell *c)
{
	memset(w, 0, sizeof(*w));
	if (c->n < 0)
		return true;
	if (c->n < 12 || u32(c->data) > 1)
		return false;
	w->type = u32(c->data + 8);
	w->at = c->data + 12;
	w->end = c->data + c->n;
	if (u32(c->data) == 0)
		return true;
	if (c->n < 20)
		return false;
	w->left = (int)u32(c->data + 12);
	w->at += 8;
	return w->left >= 0 && w->left <= (w->end - w->at) / 4;
}

bool
walk_next(struct walk *w, struct cell *c)
{
	if (w->left == 0 || w->end - w->at < 4)
		return false;
	c->type = w->type;
	c->n = (int)u32(w->at);
	w->at += 4;
	c->data = w->at;
	if (c->n > w->end - w->at)
		return false;
	if (c->n > 0)
		w->at += c->n;
	w->left--;
	return true;
}
