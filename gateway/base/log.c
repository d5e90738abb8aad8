/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.c - one event, one line, one write.
 *
 * A line is built on the stack and written at once, so that lines of several
 * processes sharing stderr do not mix. Control characters become '?': a value
 * from outside cannot forge a second line.
 */
#include "base/log.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/jw.h"

enum { LINE_MAX_BYTES = 3000 };	/* under PIPE_BUF: written whole */

static struct {
	bool json, systemd;
	enum log_level max;
	char role[24];
} settings = { .max = LEVEL_INFO, .role = "guichet" };

static const char *const names[] = { "error", "warning", "info", "debug" };
static const int priorities[] = { 3, 4, 6, 7 };		/* sd-daemon(3) */

enum log_level
log_level_named(const char *word)
{
	size_t i = 0;

	while (i < countof(names) && strcmp(word, names[i]) != 0)
		i++;
	assert(i < countof(names));
	return (enum log_level)i;
}

void
log_open(bool json, enum log_level max, const char *role)
{
	settings.json = json;
	settings.max = max;
	settings.systemd = getenv("JOURNAL_STREAM") != NULL;
	snprintf(settings.role, sizeof(settings.role), "%s", role);
}

/* ---- as JSON: words are the message, key=value a member ---- */

/* The length of the key if "key=" begins here, or 0. */
static size_t
key_length(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz_0123456789");

	return s[n] == '=' && (s[0] < '0' || s[0] > '9') ? n : 0;
}

/* Copies a value, "quoted" or up to the next space; returns what follows. */
static const char *
read_value(struct buf *value, const char *s)
{
	buf_reset(value);
	if (*s != '"') {
		size_t n = strcspn(s, " ");

		buf_add(value, s, n);
		return s + n;
	}
	for (s++; *s != '\0' && *s != '"'; s++) {
		if (*s == '\\' && s[1] != '\0')
			s++;
		buf_char(value, *s);
	}
	return *s == '"' ? s + 1 : s;
}

static void
json_members(struct jw *w, struct buf *msg, const char *s)
{
	struct buf value;
	char key[64];

	buf_init(&value);
	while (*s != '\0') {
		size_t n = key_length(s);

		if (n == 0 || n >= sizeof(key)) {
			n = strcspn(s, " ");
			buf_printf(msg, "%s%.*s", msg->len > 0 ? " " : "", (int)n, s);
			s += n;
		} else {
			snprintf(key, sizeof(key), "%.*s", (int)n, s);
			s = read_value(&value, s + n + 1);
			jw_key(w, key);
			jw_string_n(w, value.data == NULL ? "" : value.data,
			    value.len);
		}
		s += strspn(s, " ");
	}
	buf_clear(&value);
}

static void
write_json(struct buf *line, enum log_level level, const char *text)
{
	char now[TIME_TEXT_MAX];
	struct buf msg;
	struct jw w;

	buf_init(&msg);
	time_text_ms(now, clock_us());
	jw_init(&w, line);
	jw_object(&w);
	jw_str_member(&w, "time", now);
	jw_str_member(&w, "level", names[level]);
	jw_str_member(&w, "role", settings.role);
	json_members(&w, &msg, text);
	jw_key(&w, "msg");
	jw_string_n(&w, msg.data == NULL ? "" : msg.data, msg.len);
	jw_end_object(&w);
	buf_clear(&msg);
}

static void
write_text(struct buf *line, enum log_level level, const char *text)
{
	char now[TIME_TEXT_MAX];

	time_text_ms(now, clock_us());
	if (!settings.systemd)		/* the journal knows both */
		buf_printf(line, "%s %-7s ", now, names[level]);
	buf_printf(line, "%s: %s", settings.role, text);
}

/* ---- all of it ---- */

static void
say(enum log_level level, const char *fmt, va_list ap)
{
	char text[LINE_MAX_BYTES];
	struct buf line;
	ssize_t n UNUSED;

	if (level > settings.max)
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	for (char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	buf_init(&line);
	if (settings.systemd)
		buf_printf(&line, "<%d>", priorities[level]);
	if (settings.json)
		write_json(&line, level, text);
	else
		write_text(&line, level, text);
	buf_char(&line, '\n');
	n = write(STDERR_FILENO, line.data, line.len);
	buf_clear(&line);
}

#define LOG_AT(name, level) \
void \
name(const char *fmt, ...) \
{ \
	va_list ap; \
	va_start(ap, fmt); \
	say(level, fmt, ap); \
	va_end(ap); \
}

LOG_AT(log_error, LEVEL_ERROR)
LOG_AT(log_warning, LEVEL_WARNING)
LOG_AT(log_info, LEVEL_INFO)
LOG_AT(log_debug, LEVEL_DEBUG)

const char *
log_quote(struct arena *a, const char *s)
{
	char *out = arena_alloc(a, 2 * strlen(s) + 3), *o = out;

	*o++ = '"';
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			*o++ = '\\';
		*o++ = *s;
	}
	*o = '"';
	return out;
}
