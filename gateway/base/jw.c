/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jw.c - JSON out, straight into a buffer.
 *
 * Bytes that need no escape are copied in runs. Invalid UTF-8 becomes U+FFFD,
 * one per byte that cannot stand, so that a PIMS always reads valid JSON.
 */
#include "base/jw.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include "base/buf.h"
#include "base/text.h"

void
jw_init(struct jw *w, struct buf *out)
{
	*w = (struct jw){ .out = out };
}

/* A comma before every member but the first of its level. */
static void
member(struct jw *w)
{
	uint32_t bit = 1u << w->level;

	if (w->after_key) {
		w->after_key = false;
		return;
	}
	if (w->level > 0 && (w->more & bit) != 0)
		buf_char(w->out, ',');
	w->more |= bit;
}

static void
begin(struct jw *w, char c)
{
	member(w);
	buf_char(w->out, c);
	w->level++;
	assert(w->level < 32);
	w->more &= ~(1u << w->level);
}

static void
end(struct jw *w, char c)
{
	assert(w->level > 0 && !w->after_key);
	w->level--;
	buf_char(w->out, c);
}

void
jw_object(struct jw *w)
{
	begin(w, '{');
}

void
jw_end_object(struct jw *w)
{
	end(w, '}');
}

void
jw_array(struct jw *w)
{
	begin(w, '[');
}

void
jw_end_array(struct jw *w)
{
	end(w, ']');
}

static void
escape(struct buf *out, unsigned char c)
{
	static const char shorts[] = "btn?fr";	/* 8..13, vertical tab is none */

	if (c == '"' || c == '\\')
		buf_printf(out, "\\%c", c);
	else if (c >= 8 && c <= 13 && c != 11)
		buf_printf(out, "\\%c", shorts[c - 8]);
	else
		buf_printf(out, "\\u%04x", c);
}

static void
quoted(struct buf *out, const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t i = 0, from = 0;

	buf_char(out, '"');
	while (i < n) {
		size_t len = 1;

		if (p[i] >= 0x20 && p[i] < 0x80 && p[i] != '"' && p[i] != '\\') {
			i++;
			continue;
		}
		if (p[i] >= 0x80 && (len = utf8_length(s + i, n - i)) > 0) {
			i += len;
			continue;
		}
		buf_add(out, s + from, i - from);
		if (p[i] >= 0x80)
			buf_str(out, "\xef\xbf\xbd");
		else
			escape(out, p[i]);
		from = ++i;
	}
	buf_add(out, s + from, n - from);
	buf_char(out, '"');
}

void
jw_key(struct jw *w, const char *key)
{
	assert(!w->after_key && w->level > 0);
	member(w);
	quoted(w->out, key, strlen(key));
	buf_char(w->out, ':');
	w->after_key = true;
}

void
jw_string(struct jw *w, const char *s)
{
	if (s == NULL)
		jw_null(w);
	else
		jw_string_n(w, s, strlen(s));
}

void
jw_string_n(struct jw *w, const char *s, size_t n)
{
	member(w);
	quoted(w->out, s, n);
}

void
jw_int(struct jw *w, int64_t v)
{
	member(w);
	buf_printf(w->out, "%lld", (long long)v);
}

void
jw_bool(struct jw *w, bool v)
{
	member(w);
	buf_str(w->out, v ? "true" : "false");
}

void
jw_null(struct jw *w)
{
	member(w);
	buf_str(w->out, "null");
}

void
jw_raw(struct jw *w, const char *json, size_t n)
{
	member(w);
	buf_add(w->out, json, n);
}

void
jw_str_member(struct jw *w, const char *key, const char *value)
{
	jw_key(w, key);
	jw_string(w, value);
}

void
jw_int_member(struct jw *w, const char *key, int64_t value)
{
	jw_key(w, key);
	jw_int(w, value);
}

void
jw_bool_member(struct jw *w, const char *key, bool value)
{
	jw_key(w, key);
	jw_bool(w, value);
}
