/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c - the time, and how it is written (RFC 3339, ISO 8601). */
#include "base/clock.h"
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "base/error.h"

#define SECOND_US INT64_C(1000000)
#define DAY_S INT64_C(86400)

static int64_t
read_clock(clockid_t which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return t.tv_sec * SECOND_US + t.tv_nsec / 1000;
}

int64_t
clock_us(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t
clock_s(void)
{
	return clock_us() / SECOND_US;
}

int64_t
clock_mono_us(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t
clock_boot_ms(void)
{
	return read_clock(CLOCK_BOOTTIME) / 1000;
}

/* ---- out ---- */

static char *
put_digits(char *p, int n, int64_t value)
{
	for (int i = n; i-- > 0; value /= 10)
		p[i] = (char)('0' + value % 10);
	return p + n;
}

/* Years 0000 to 9999 are what RFC 3339 can say; outside, the nearest it can. */
static void
second_text(char *out, int64_t s)
{
	struct tm tm;
	time_t t = s;

	gmtime_r(&t, &tm);
	out = put_digits(out, 4, tm.tm_year + 1900);
	*out++ = '-';
	out = put_digits(out, 2, tm.tm_mon + 1);
	*out++ = '-';
	out = put_digits(out, 2, tm.tm_mday);
	*out++ = 'T';
	out = put_digits(out, 2, tm.tm_hour);
	*out++ = ':';
	out = put_digits(out, 2, tm.tm_min);
	*out++ = ':';
	put_digits(out, 2, tm.tm_sec);
}

/* "2026-11-24T20:59:00.123456Z": each call writes several, mostly of the second
 * before. */
static void
time_text(char *out, int64_t us, int decimals)
{
	const int64_t first = -62167219200, past = 253402300799;
	int64_t s = us / SECOND_US - (us % SECOND_US < 0);
	int64_t frac = s < first || s > past ? 0 : us - s * SECOND_US;
	static int64_t last = INT64_MIN;
	static char text[19];

	s = s < first ? first : s > past ? past : s;
	if (s != last)
		second_text(text, last = s);
	memcpy(out, text, sizeof(text));
	out[19] = '.';
	memcpy(put_digits(out + 20, decimals, decimals == 3 ? frac / 1000 : frac),
	    "Z", 2);
}

void
time_text_ms(char out[TIME_TEXT_MAX], int64_t us)
{
	time_text(out, us, 3);
}

void
time_text_us(char out[TIME_TEXT_MAX], int64_t us)
{
	time_text(out, us, 6);
}

/* ---- in ---- */

/* Exactly n digits, at *p, which moves past them. */
static bool
digits(const char **p, int n, int *out)
{
	*out = 0;
	for (; n > 0; n--, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		*out = *out * 10 + (**p - '0');
	}
	return true;
}

static bool
one(const char **p, char c)
{
	return *(*p)++ == c;
}

static bool
read_date(struct tm *tm, const char **p)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
	    31 };
	bool leap;
	int y;

	if (!digits(p, 4, &y) || !one(p, '-') || !digits(p, 2, &tm->tm_mon) ||
	    !one(p, '-') || !digits(p, 2, &tm->tm_mday))
		return false;
	if (tm->tm_mon < 1 || tm->tm_mon > 12)
		return false;
	tm->tm_year = y - 1900;
	tm->tm_mon--;
	leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	return tm->tm_mday >= 1 &&
	    tm->tm_mday <= days[tm->tm_mon] + (tm->tm_mon == 1 && leap);
}

/* hh:mm:ss, and the microseconds of a fraction of any length. A leap second
 * is read as the first second of the next minute, as POSIX counts. */
static bool
read_clock_part(struct tm *tm, int64_t *frac, const char **p)
{
	int64_t unit = SECOND_US / 10;

	if (!digits(p, 2, &tm->tm_hour) || !one(p, ':') ||
	    !digits(p, 2, &tm->tm_min) || !one(p, ':') ||
	    !digits(p, 2, &tm->tm_sec))
		return false;
	if (tm->tm_hour > 23 || tm->tm_min > 59 || tm->tm_sec > 60)
		return false;
	*frac = 0;
	if (**p != '.')
		return true;
	if ((*p)[1] < '0' || (*p)[1] > '9')
		return false;
	for ((*p)++; **p >= '0' && **p <= '9'; (*p)++, unit /= 10)
		*frac += (**p - '0') * unit;
	return true;
}

static bool
read_offset(int64_t *s, const char **p)
{
	char sign = *(*p)++;
	int h, m;

	*s = 0;
	if (sign == 'Z' || sign == 'z')
		return true;
	if ((sign != '+' && sign != '-') || !digits(p, 2, &h) || !one(p, ':') ||
	    !digits(p, 2, &m) || h > 23 || m > 59)
		return false;
	*s = (h * 60 + m) * 60;
	if (sign == '-')
		*s = -*s;
	return true;
}

int
time_parse(int64_t *us, const char *text)
{
	const char *p = text;
	struct tm tm = { 0 };
	int64_t frac, offset;

	if (!read_date(&tm, &p))
		return E_BAD_INPUT;
	if (*p != 'T' && *p != 't')
		return E_BAD_INPUT;
	p++;
	if (!read_clock_part(&tm, &frac, &p) || !read_offset(&offset, &p) ||
	    *p != '\0')
		return E_BAD_INPUT;
	*us = (timegm(&tm) - offset) * SECOND_US + frac;
	return 0;
}

struct part { char letter; int64_t seconds; };

/* Designators in their order, each at most once. */
static int
read_parts(int64_t *s, const char **p, const struct part *parts, size_t n)
{
	int seen = 0;

	for (size_t i = 0; i < n && **p >= '0' && **p <= '9'; i++) {
		const char *q = *p;
		int64_t v = 0;

		for (; *q >= '0' && *q <= '9'; q++)
			if ((v = v * 10 + (*q - '0')) > 1000000)
				return E_BAD_INPUT;
		if (*q != parts[i].letter)
			continue;
		*s += v * parts[i].seconds;
		*p = q + 1;
		seen++;
	}
	return seen;
}

int
duration_parse(int64_t *us, const char *text)
{
	static const struct part days[] = { { 'Y', 365 * DAY_S },
	    { 'M', 30 * DAY_S }, { 'W', 7 * DAY_S }, { 'D', DAY_S } };
	static const struct part hours[] = { { 'H', 3600 }, { 'M', 60 },
	    { 'S', 1 } };
	const char *p = text;
	int64_t s = 0;
	int seen, more;

	if (*p++ != 'P' ||
	    (seen = read_parts(&s, &p, days, countof(days))) < 0)
		return E_BAD_INPUT;
	if (*p == 'T') {
		p++;
		more = read_parts(&s, &p, hours, countof(hours));
		if (more <= 0)
			return E_BAD_INPUT;
		seen += more;
	}
	/* a million years and more would not fit */
	if (seen == 0 || *p != '\0' || s > INT64_MAX / SECOND_US)
		return E_BAD_INPUT;
	*us = s * SECOND_US;
	return 0;
}
