/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cell.c - one binary value, as JSON or as text.
 *
 * A load curve is two hundred of these: each writes straight into the buffer,
 * at `p` in room reserved once, and returns where it stopped; NULL = the bytes
 * are not what their type says, or have no JSON.
 */
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

enum {
	FIXED_MAX = 64,		/* any value but texts, JSON and decimals */
	EPOCH_DAYS = 10957	/* PostgreSQL counts from 2000-01-01 */
};
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

static char *
put_int(char *p, int64_t v)
{
	char digits[20];
	uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	int n = 0;

	do
		digits[n++] = (char)('0' + left % 10);
	while ((left /= 10) > 0);
	if (v < 0)
		*p++ = '-';
	while (n > 0)
		*p++ = digits[--n];
	return p;
}

static char *
put_group(char *p, unsigned group, int digits)
{
	char text[4] = { (char)('0' + group / 1000), (char)('0' + group / 100 % 10),
	    (char)('0' + group / 10 % 10), (char)('0' + group % 10) };

	memcpy(p, text, (size_t)digits);
	return p + digits;
}

/*
 * ndigits, weight, sign, dscale, then groups of four digits; weight is the
 * power of 10,000 of the first one. NaN and infinities have no JSON.
 */
struct numeric { int n, weight, scale; bool minus; const char *groups; };

static bool
numeric_read(struct numeric *d, const struct cell *c)
{
	unsigned sign;

	if (c->n < 8)
		return false;
	sign = u16(c->data + 4);
	*d = (struct numeric){ u16(c->data), (int16_t)u16(c->data + 2),
	    u16(c->data + 6), sign == 0x4000, c->data + 8 };
	return (sign & ~0x4000u) == 0 && c->n == 8 + 2 * d->n;
}

static unsigned
group_at(const struct numeric *d, int i)
{
	unsigned group = i >= 0 && i < d->n ? u16(d->groups + 2 * i) : 0;

	return group <= 9999 ? group : 9999;
}

static size_t
numeric_room(const struct numeric *d)
{
	return 16 + (d->weight > 0 ? 4 * (size_t)d->weight : 0) +
	    (size_t)d->scale;
}

static char *
put_numeric(char *p, const struct numeric *d)
{
	int i, scale = d->scale;

	if (d->minus)
		*p++ = '-';
	p = put_int(p, d->weight < 0 ? 0 : group_at(d, 0));
	for (i = 1; i <= d->weight; i++)
		p = put_group(p, group_at(d, i), 4);
	if (scale > 0)
		*p++ = '.';
	for (i = d->weight + 1; scale > 0; i++, scale -= 4)
		p = put_group(p, group_at(d, i), scale < 4 ? scale : 4);
	return p;
}

/* The shortest text that reads back as the same value. */
static char *
put_float(char *p, double v, int least, int most)
{
	if (!isfinite(v))
		return NULL;
	for (int digits = least; digits <= most; digits++) {
		snprintf(p, FIXED_MAX, "%.*g", digits, v);
		if (most == 9 ? strtof(p, NULL) == (float)v :
		    strtod(p, NULL) == v)
			break;
	}
	return p + strlen(p);
}

static char *
put_word(char *p, const char *word)
{
	size_t n = strlen(word);

	memcpy(p, word, n);
	return p + n;
}

/* Values whose JSON is their text, of a size known beforehand. */
static char *
put_bare(char *p, const struct cell *c)
{
	union { uint32_t u; float f; } f4;
	union { uint64_t u; double f; } f8;

	switch (c->type) {
	case T_INT2:
		return c->n != 2 ? NULL : put_int(p, (int16_t)u16(c->data));
	case T_INT4:
		return c->n != 4 ? NULL : put_int(p, (int32_t)u32(c->data));
	case T_INT8:
		return c->n != 8 ? NULL : put_int(p, (int64_t)u64(c->data));
	case T_BOOL:
		return c->n != 1 ? NULL :
		    put_word(p, c->data[0] ? "true" : "false");
	case T_FLOAT4:
		f4.u = c->n == 4 ? u32(c->data) : 0x7fc00000u;
		return put_float(p, (double)f4.f, 6, 9);
	case T_FLOAT8:
		f8.u = c->n == 8 ? u64(c->data) : 0x7ff8000000000000u;
		return put_float(p, f8.f, 15, 17);
	default:
		return NULL;
	}
}

/* ---- time ---- */

/* Days since 1970 to a civil date (H. Hinnant's days_from_civil, reversed). */
static bool
day_text(char text[10], int64_t days)
{
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	unsigned doe = (unsigned)(z - era * 146097);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (5 * doy + 2) / 153, day = doy - (153 * mp + 2) / 5 + 1;
	unsigned month = mp < 10 ? mp + 3 : mp - 9;
	int64_t year = (int64_t)yoe + era * 400 + (month <= 2);

	if (year < 1 || year > 9999)
		return false;
	put_group(text, (unsigned)year, 4);
	text[4] = text[7] = '-';
	text[5] = (char)('0' + month / 10);
	text[6] = (char)('0' + month % 10);
	text[8] = (char)('0' + day / 10);
	text[9] = (char)('0' + day % 10);
	return true;
}

/* The next one is mostly of the same day. */
static char *
put_day(char *p, int64_t days)
{
	static int64_t last = INT64_MIN;
	static char text[10];

	if (days != last) {
		last = INT64_MIN;
		if (!day_text(text, days))
			return NULL;
		last = days;
	}
	memcpy(p, text, 10);
	return p + 10;
}

static char *
put_two(char *p, char before, unsigned v)
{
	p[0] = before;
	p[1] = (char)('0' + v / 10);
	p[2] = (char)('0' + v % 10);
	return p + 3;
}

static char *
put_fraction(char *p, unsigned us)
{
	if (us == 0)
		return p;
	*p++ = '.';
	for (unsigned tenth = 100000; us > 0; us %= tenth, tenth /= 10)
		*p++ = (char)('0' + us / tenth);
	return p;
}

/* us since 1970, shown `offset` seconds east of UTC, to the minute: offsets
 * were finer before 1911 (Paris: +00:09:21), RFC 3339 knows no seconds. */
static char *
put_instant(char *p, int64_t us, int offset)
{
	int minutes = offset / 60;
	int64_t local = us + (int64_t)minutes * 60000000;
	int64_t day = local / day_us - (local % day_us < 0);
	int64_t in_day = local - day * day_us;
	unsigned s = (unsigned)(in_day / 1000000);
	unsigned east = (unsigned)(minutes < 0 ? -minutes : minutes);

	if ((p = put_day(p, day)) == NULL)
		return NULL;
	p = put_two(p, 'T', s / 3600);
	p = put_two(p, ':', s / 60 % 60);
	p = put_two(p, ':', s % 60);
	p = put_fraction(p, (unsigned)(in_day % 1000000));
	p = put_two(p, minutes < 0 ? '-' : '+', east / 60);
	return put_two(p, ':', east % 60);
}

char *
cell_instant(char *p, int64_t us, int offset)
{
	return put_instant(p, us, offset);
}

/* zone NULL: UTC. */
static char *
put_timestamp(char *p, const struct cell *c, struct zone *zone)
{
	int64_t us;

	if (c->n != 8 || u64(c->data) == INT64_MAX ||
	    u64(c->data) == (uint64_t)INT64_MIN ||
	    __builtin_add_overflow((int64_t)u64(c->data), EPOCH_DAYS * day_us,
	    &us) || us > INT64_MAX - day_us || us < INT64_MIN + day_us)
		return NULL;
	return put_instant(p, us, zone == NULL ? 0 : zone_offset(zone,
	    us / 1000000 - (us % 1000000 < 0)));
}

static char *
put_date(char *p, const struct cell *c)
{
	if (c->n != 4 || u32(c->data) == 0x7fffffffu ||
	    u32(c->data) == 0x80000000u)
		return NULL;
	return put_day(p, (int64_t)(int32_t)u32(c->data) + EPOCH_DAYS);
}

static char *
put_uuid(char *p, const struct cell *c)
{
	struct uuid u;

	if (c->n != 16)
		return NULL;
	memcpy(u.bytes, c->data, 16);
	uuid_text(p, &u);
	return p + UUID_TEXT - 1;
}

/* ---- texts ---- */

/* Nearly all texts are one run of ordinary bytes. */
static void
json_string_to(struct buf *b, const char *s, size_t n)
{
	char *p = cell_room(b, n + 2);
	struct jw w;
	size_t i = 0;

	while (i < n && (uint8_t)s[i] >= 0x20 && (uint8_t)s[i] < 0x7f &&
	    s[i] != '"' && s[i] != '\\')
		i++;
	if (i < n) {
		jw_init(&w, b);
		jw_string_n(&w, s, n);
		return;
	}
	p[0] = '"';
	memcpy(p + 1, s, n);
	p[n + 1] = '"';
	p[n + 2] = '\0';
	b->len += n + 2;
}

/* A text of type json may hold line ends between its tokens: NDJSON may not. */
static bool
json_to(struct buf *b, const struct cell *c)
{
	int skip = c->type == T_JSONB;		/* a version byte */
	size_t before = b->len;

	if (c->n < skip + 1 || (skip && c->data[0] != 1))
		return false;
	buf_add(b, c->data + skip, (size_t)(c->n - skip));
	if (c->type == T_JSON)
		for (size_t i = before; i < b->len; i++)
			if (b->data[i] == '\n' || b->data[i] == '\r')
				b->data[i] = ' ';
	return true;
}

static bool
numeric_to(struct buf *b, const struct cell *c)
{
	struct numeric d;
	char *p;

	if (!numeric_read(&d, c))
		return false;
	p = put_numeric(cell_room(b, numeric_room(&d)), &d);
	*p = '\0';
	b->len = (size_t)(p - b->data);
	return true;
}

/* ---- a cell ---- */

static size_t
without_padding(const struct cell *c)
{
	size_t n = (size_t)c->n;

	while (n > 0 && c->data[n - 1] == ' ')
		n--;
	return n;
}

/* A value of a size known beforehand, quoted or not. */
static bool
fixed_to(struct buf *b, const struct cell *c, struct zone *zone, bool quote)
{
	bool is_text = c->type == T_DATE || c->type == T_TIMESTAMPTZ ||
	    c->type == T_UUID;
	char *p = cell_room(b, FIXED_MAX + 2);

	if (is_text && quote)
		*p++ = '"';
	switch (c->type) {
	case T_DATE:		p = put_date(p, c); break;
	case T_TIMESTAMPTZ:	p = put_timestamp(p, c, zone); break;
	case T_UUID:		p = put_uuid(p, c); break;
	default:		p = put_bare(p, c); break;
	}
	if (p == NULL)
		return false;
	if (is_text && quote)
		*p++ = '"';
	*p = '\0';
	b->len = (size_t)(p - b->data);
	return true;
}

bool
cell_to_json(struct buf *b, const struct cell *c, struct zone *zone)
{
	switch (c->type) {
	case T_TEXT: case T_VARCHAR: case T_NAME: case T_CHAR:
		json_string_to(b, c->data, (size_t)c->n);
		return true;
	case T_BPCHAR:
		json_string_to(b, c->data, without_padding(c));
		return true;
	case T_JSON: case T_JSONB:
		return json_to(b, c);
	case T_NUMERIC:
		return numeric_to(b, c);
	default:
		return fixed_to(b, c, zone, true);
	}
}

bool
cell_to_text(struct buf *b, const struct cell *c)
{
	switch (c->type) {
	case T_TEXT: case T_VARCHAR: case T_NAME: case T_CHAR: case T_BPCHAR:
		buf_add(b, c->data, (size_t)c->n);
		return true;
	case T_NUMERIC:
		return numeric_to(b, c);
	default:
		return fixed_to(b, c, NULL, false);
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
