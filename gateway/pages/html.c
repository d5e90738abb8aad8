/* SPDX-License-Identifier: Apache-2.0 */
/* html.c - HTML that can only be well formed and escaped. */
#include "pages/html.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "pages/words.h"

void
h_init(struct html *h, struct buf *out, struct arena *a,
    const struct words *words, enum lang lang)
{
	*h = (struct html){ .out = out, .arena = a, .words = words,
	    .lang = lang };
}

void
h_doctype(struct html *h)
{
	buf_str(h->out, "<!doctype html>\n");
}

/* ---- escaping ---- */

static void
put_replacement(struct html *h, unsigned char c)
{
	switch (c) {
	case '&':	buf_str(h->out, "&amp;"); break;
	case '<':	buf_str(h->out, "&lt;"); break;
	case '>':	buf_str(h->out, "&gt;"); break;
	case '"':	buf_str(h->out, "&quot;"); break;
	case '\'':	buf_str(h->out, "&#39;"); break;
	default:	buf_str(h->out, "\xef\xbf\xbd"); break;
	}
}

/* In text and between quotes alike; what is no UTF-8 becomes U+FFFD. */
static void
escape(struct html *h, const char *s)
{
	size_t n = strlen(s), from = 0, i = 0, len;

	while (i < n) {
		unsigned char c = (unsigned char)s[i];

		len = utf8_length(s + i, n - i);
		if (len > 0 && (c >= 0x20 || c == '\n' || c == '\t') &&
		    c != 0x7f && strchr("&<>\"'", c) == NULL) {
			i += len;
			continue;
		}
		buf_add(h->out, s + from, i - from);
		put_replacement(h, c);
		from = ++i;
	}
	buf_add(h->out, s + from, n - from);
}

static bool
is_link(const char *name)
{
	return strcmp(name, "href") == 0 || strcmp(name, "src") == 0 ||
	    strcmp(name, "action") == 0 || strcmp(name, "formaction") == 0;
}

/* A place we would send somebody to: no javascript:, no data:, and no "//"
 * or "/\" that a browser takes for another host. */
static bool
link_is_safe(const char *url)
{
	static const char *const schemes[] = { "https://", "http://", "mailto:",
	    "#", "?" };

	if (url[0] == '/')
		return url[1] != '/' && url[1] != '\\';
	for (size_t i = 0; i < countof(schemes); i++)
		if (strncmp(url, schemes[i], strlen(schemes[i])) == 0)
			return true;
	return false;
}

static void
attribute(struct html *h, const char *name, const char *value)
{
	assert(strncmp(name, "on", 2) != 0 && strcmp(name, "style") != 0);
	if (value == NULL)
		return;
	if (is_link(name) && !link_is_safe(value))
		value = "#";
	if (is_link(name) && value[0] == '/' && h->place != NULL)
		value = h->place(h, value);
	buf_printf(h->out, " %s=\"", name);
	escape(h, value);
	buf_char(h->out, '"');
}

static void
tag_begin(struct html *h, const char *tag, va_list ap)
{
	const char *name;

	assert(strcmp(tag, "script") != 0 && strcmp(tag, "style") != 0);
	buf_printf(h->out, "<%s", tag);
	while ((name = va_arg(ap, const char *)) != NULL)
		attribute(h, name, va_arg(ap, const char *));
	buf_char(h->out, '>');
}

/* ---- elements ---- */

void
h_open(struct html *h, const char *tag, ...)
{
	va_list ap;

	assert(h->depth < HTML_DEPTH);
	va_start(ap, tag);
	tag_begin(h, tag, ap);
	va_end(ap);
	h->open[h->depth++] = tag;
}

/* Elements after which a line may end without showing. */
static bool
is_block(const char *tag)
{
	return strcmp(tag, "span") != 0 && strcmp(tag, "a") != 0 &&
	    strcmp(tag, "strong") != 0;
}

void
h_close(struct html *h, const char *tag)
{
	assert(h->depth > 0 && strcmp(h->open[h->depth - 1], tag) == 0);
	h->depth--;
	buf_printf(h->out, "</%s>%s", tag, is_block(tag) ? "\n" : "");
}

void
h_void(struct html *h, const char *tag, ...)
{
	va_list ap;

	va_start(ap, tag);
	tag_begin(h, tag, ap);
	va_end(ap);
}

void
h_text(struct html *h, const char *text)
{
	escape(h, text);
}

static void
element(struct html *h, const char *tag, const char *text, va_list ap)
{
	tag_begin(h, tag, ap);
	if (text != NULL)
		escape(h, text);
	buf_printf(h->out, "</%s>%s", tag, is_block(tag) ? "\n" : "");
}

void
h_element(struct html *h, const char *tag, const char *text, ...)
{
	va_list ap;

	va_start(ap, text);
	element(h, tag, text, ap);
	va_end(ap);
}

void
h_say(struct html *h, const char *tag, const char *id, ...)
{
	va_list ap;

	va_start(ap, id);
	element(h, tag, h_word(h, id), ap);
	va_end(ap);
}

/* ---- in the reader's language ---- */

const char *
h_word(const struct html *h, const char *id)
{
	return words_find(h->words, h->lang, id);
}

/* The value given for the name between braces, or NULL. */
static const char *
value_of(const char *name, size_t n, va_list ap)
{
	const char *given, *value, *found = NULL;
	va_list again;

	va_copy(again, ap);
	while (found == NULL && (given = va_arg(again, const char *)) != NULL) {
		value = va_arg(again, const char *);
		if (strlen(given) == n && strncmp(given, name, n) == 0)
			found = value == NULL ? "" : value;
	}
	va_end(again);
	return found;
}

static const char *
fill(const struct html *h, const char *id, const char *number, va_list ap)
{
	const char *s = h_word(h, id), *brace, *end, *value;
	struct buf out;
	char *text;

	buf_init(&out);
	while ((brace = strchr(s, '{')) != NULL &&
	    (end = strchr(brace, '}')) != NULL) {
		size_t n = (size_t)(end - brace - 1);

		buf_add(&out, s, (size_t)(brace - s));
		value = number != NULL && n == 1 && brace[1] == 'n' ? number :
		    value_of(brace + 1, n, ap);
		buf_str(&out, value == NULL ? "?" : value);
		s = end + 1;
	}
	buf_str(&out, s);
	text = arena_strdup(h->arena, out.data);
	buf_clear(&out);
	return text;
}

const char *
h_fill(const struct html *h, const char *id, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, id);
	text = fill(h, id, NULL, ap);
	va_end(ap);
	return text;
}

/* French counts nought and one as singular, English one only. */
const char *
h_count(const struct html *h, const char *id, int64_t n, ...)
{
	bool one = n == 1 || (h->lang == LANG_FR && n == 0);
	const char *text, *full = arena_printf(h->arena, "%s.%s", id,
	    one ? "one" : "many");
	va_list ap;

	va_start(ap, n);
	text = fill(h, full, h_number(h, n), ap);
	va_end(ap);
	return text;
}

const char *
h_wording(const struct html *h, const struct wording *w)
{
	const char *text = w->in[h->lang];

	if (text == NULL)
		text = w->in[LANG_EN];
	return text == NULL ? "" : text;
}

const char *
h_number(const struct html *h, int64_t n)
{
	char digits[24], out[64], *o = out;
	const char *space = h->lang == LANG_FR ? "\u202f" : ",";
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%lld",
	    (long long)n);

	for (size_t i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0 && digits[i - 1] != '-')
			o = stpcpy(o, space);
		*o++ = digits[i];
	}
	*o = '\0';
	return arena_strdup(h->arena, out);
}

/* Times are shown on the organisation's clock: words_load sets it. */
static const char *
date(const struct html *h, int64_t us, const char *form, const char *months)
{
	time_t t = (time_t)(us / 1000000);
	const char *month, *day, *year;
	struct tm tm;

	localtime_r(&t, &tm);
	month = arena_printf(h->arena, "%s.%d", months, tm.tm_mon + 1);
	day = arena_printf(h->arena, "%d", tm.tm_mday);
	year = arena_printf(h->arena, "%d", tm.tm_year + 1900);
	return h_fill(h, form, "day", tm.tm_mday == 1 &&
	    strcmp(form, "date.long") == 0 ? h_word(h, "date.first") : day,
	    "month", h_word(h, month), "year", year, NULL);
}

const char *
h_date(const struct html *h, int64_t us)
{
	return date(h, us, "date.long", "month");
}

const char *
h_day(const struct html *h, int64_t us)
{
	return date(h, us, "date.short", "mon");
}

const char *
h_clock(const struct html *h, int64_t us)
{
	time_t t = (time_t)(us / 1000000);
	struct tm tm;

	localtime_r(&t, &tm);
	return arena_printf(h->arena, "%02d:%02d", tm.tm_hour, tm.tm_min);
}
