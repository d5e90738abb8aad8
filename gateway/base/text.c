/* SPDX-License-Identifier: Apache-2.0 */
/* text.c - small honest work on bytes: hex, base64, UTF-8, percent, numbers. */
#include "base/text.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

static const char base64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* ---- hex ---- */

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

void
hex_encode(char *out, const void *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *p = bytes;

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	out[2 * n] = '\0';
}

int
hex_decode(void *out, size_t n, const char *hex)
{
	uint8_t *p = out;

	if (strlen(hex) != 2 * n)
		return E_BAD_INPUT;
	for (size_t i = 0; i < n; i++) {
		int hi = hex_digit(hex[2 * i]), lo = hex_digit(hex[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return E_BAD_INPUT;
		p[i] = (uint8_t)(hi << 4 | lo);
	}
	return 0;
}

/* ---- base64 ---- */

static size_t
encode(char *out, const char *alphabet, const uint8_t *p, size_t n)
{
	char *o = out;
	uint32_t bits = 0;
	int have = 0;

	for (size_t i = 0; i < n; i++) {
		bits = bits << 8 | p[i];
		for (have += 8; have >= 6; have -= 6)
			*o++ = alphabet[bits >> (have - 6) & 63];
	}
	if (have > 0)
		*o++ = alphabet[bits << (6 - have) & 63];
	*o = '\0';
	return (size_t)(o - out);
}

static int
sextet(char c, const char *alphabet)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == alphabet[62])
		return 62;
	return c == alphabet[63] ? 63 : -1;
}

/* Unpadded text, strictly: the bits left over must be zero. */
static int
decode(uint8_t *out, size_t max, const char *alphabet, const char *text, size_t n)
{
	uint32_t bits = 0;
	size_t len = 0;
	int have = 0;

	if (n % 4 == 1)
		return E_BAD_INPUT;
	if (n / 4 * 3 + (n % 4 * 3) / 4 > max || n > INT32_MAX)
		return E_TOO_LARGE;
	for (size_t i = 0; i < n; i++) {
		int v = sextet(text[i], alphabet);

		if (v < 0)
			return E_BAD_INPUT;
		bits = bits << 6 | (uint32_t)v;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[len++] = (uint8_t)(bits >> have);
		}
	}
	if ((bits & ((1u << have) - 1)) != 0)
		return E_BAD_INPUT;
	return (int)len;
}

size_t
b64url_encode(char *out, const void *bytes, size_t n)
{
	return encode(out, base64url, bytes, n);
}

int
b64url_decode(void *out, size_t max, const char *text, size_t n)
{
	return decode(out, max, base64url, text, n);
}

char *
b64url_text(struct arena *a, const void *bytes, size_t n)
{
	char *text = arena_alloc(a, n / 3 * 4 + 5);

	b64url_encode(text, bytes, n);
	return text;
}

size_t
b64_encode(char *out, const void *bytes, size_t n)
{
	size_t len = encode(out, base64, bytes, n);

	while (len % 4 != 0)
		out[len++] = '=';
	out[len] = '\0';
	return len;
}

int
b64_decode(void *out, size_t max, const char *text, size_t n)
{
	if (n % 4 != 0)
		return E_BAD_INPUT;
	for (int pads = 0; pads < 2 && n > 0 && text[n - 1] == '='; pads++)
		n--;
	return decode(out, max, base64, text, n);
}

/* ---- UTF-8 ---- */

size_t
utf8_length(const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t len;
	uint32_t c, least;

	if (n == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		len = 2, c = p[0] & 0x1f, least = 0x80;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		len = 3, c = p[0] & 0x0f, least = 0x800;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		len = 4, c = p[0] & 0x07, least = 0x10000;
	else
		return 0;
	if (len > n)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	return len;
}

bool
utf8_valid(const char *text, size_t n)
{
	size_t len;

	for (; n > 0; text += len, n -= len)
		if ((len = utf8_length(text, n)) == 0)
			return false;
	return true;
}

/* ---- percent ---- */

char *
percent_decode(struct arena *a, const char *text, size_t n, bool form)
{
	char *out = arena_alloc(a, n + 1), *o = out;

	for (size_t i = 0; i < n; i++) {
		int hi, lo;

		if (text[i] == '\0')
			return NULL;
		if (text[i] != '%') {
			*o++ = form && text[i] == '+' ? ' ' : text[i];
			continue;
		}
		if (n - i < 3 || (hi = hex_digit(text[i + 1])) < 0 ||
		    (lo = hex_digit(text[i + 2])) < 0 || hi + lo == 0)
			return NULL;
		*o++ = (char)(hi << 4 | lo);
		i += 2;
	}
	*o = '\0';
	return out;
}

static bool
unreserved(char c)
{
	return sextet(c, base64url) >= 0 || c == '.' || c == '~';
}

void
percent_encode(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (unreserved(*text))
			buf_char(out, *text);
		else
			buf_printf(out, "%%%02X", (unsigned char)*text);
	}
}

/* ---- words and numbers ---- */

enum { WORD_MAX = 64 };

/* Insertions, deletions, replacements and swaps of neighbours. */
static size_t
distance(const char *a, size_t n, const char *b, size_t m)
{
	size_t row[3][WORD_MAX + 1];

	for (size_t j = 0; j <= m; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *now = row[i % 3], *one = row[(i + 2) % 3];
		size_t *two = row[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t d = one[j - 1] + (a[i - 1] != b[j - 1]);

			if (one[j] + 1 < d)
				d = one[j] + 1;
			if (now[j - 1] + 1 < d)
				d = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && two[j - 2] + 1 < d)
				d = two[j - 2] + 1;
			now[j] = d;
		}
	}
	return row[n % 3][m];
}

const char *
nearest(const char *word, const char *const *candidates, size_t n)
{
	size_t len = strlen(word), best = len / 3 + 1;
	const char *found = NULL;

	if (len > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t m = strlen(candidates[i]), d;

		if (m > WORD_MAX)
			continue;
		d = distance(word, len, candidates[i], m);
		if (d <= best && d < m && (found == NULL || d < best)) {
			found = candidates[i];
			best = d;
		}
	}
	return found;
}

int
parse_bool(bool *out, const char *text)
{
	static const char *const words[] = { "no", "yes", "off", "on", "false",
	    "true" };

	for (size_t i = 0; i < countof(words); i++)
		if (strcasecmp(text, words[i]) == 0) {
			*out = i % 2 == 1;
			return 0;
		}
	return E_BAD_INPUT;
}

int
parse_int(int64_t *out, const char *text, int64_t min, int64_t max)
{
	const char *digits = text + (text[0] == '-');
	long long v;
	char *end;

	if (digits[0] < '0' || digits[0] > '9')
		return E_BAD_INPUT;
	errno = 0;
	v = strtoll(text, &end, 10);
	if (*end != '\0')
		return E_BAD_INPUT;
	if (errno == ERANGE || v < min || v > max)
		return E_TOO_LARGE;
	*out = v;
	return 0;
}
