/* SPDX-License-Identifier: Apache-2.0 */
/* letter.c - what a customer is told by e-mail, see letter.h. */
#include "mail/letter.h"
#include <string.h>
#include <time.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/settings.h"
#include "base/text.h"
#include "consent/grant.h"
#include "http/smtp.h"
#include "pages/parts.h"
#include "pages/words.h"

enum {
	WORD_BYTES = 39,		/* the line it stands on: 76 at most */
	LINE_BYTES = 57			/* 76 in base64 (RFC 2045 6.8) */
};

const char *
letter_from(const struct settings *s)
{
	return s->mail_from[0] != '\0' ? s->mail_from : s->organisation_contact;
}

/* ---- header fields ---- */

/* RFC 2047, cut between characters. */
static void
encoded(struct buf *out, const char *text)
{
	char word[4 * WORD_BYTES / 3 + 5];
	size_t left = strlen(text);

	while (left > 0) {
		size_t n = 0, c;

		while (n < left && (c = utf8_length(text + n, left - n)) > 0 &&
		    n + c <= WORD_BYTES)
			n += c;
		if (n == 0)
			break;		/* not UTF-8: the rest stays out */
		b64_encode(word, text, n);
		buf_printf(out, "=?utf-8?B?%s?=%s", word, n < left ? "\r\n " : "");
		text += n;
		left -= n;
	}
	buf_str(out, "\r\n");
}

static void
date_field(struct buf *out)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu",
	    "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May",
	    "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t now = (time_t)clock_s();
	struct tm t;

	gmtime_r(&now, &t);
	buf_printf(out, "Date: %s, %02d %s %d %02d:%02d:%02d +0000\r\n",
	    days[t.tm_wday], t.tm_mday, months[t.tm_mon], t.tm_year + 1900,
	    t.tm_hour, t.tm_min, t.tm_sec);
}

static void
fields(struct buf *out, const struct letter *l, const char *subject)
{
	const struct settings *s = l->settings;
	const char *from = letter_from(s);

	date_field(out);
	buf_str(out, "From: ");
	encoded(out, s->organisation_name);
	buf_printf(out, " <%s>\r\nTo: <%s>\r\n", from, l->to);
	if (strcmp(from, s->organisation_contact) != 0 &&
	    smtp_address(s->organisation_contact))
		buf_printf(out, "Reply-To: <%s>\r\n", s->organisation_contact);
	buf_str(out, "Subject: ");
	encoded(out, subject);
	buf_printf(out, "Message-ID: <%s%s>\r\n", l->id, strchr(from, '@'));
	buf_printf(out, "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: base64\r\n"
	    "Content-Language: %s\r\n"
	    "Auto-Submitted: auto-generated\r\n\r\n", lang_codes[l->lang]);
}

/* ---- what it says ---- */

struct writing {
	struct html h;			/* for its words only */
	struct buf body;
	const struct letter *letter;
	const char *client, *purpose, *date, *by, *me;
};

/* A line of theirs cannot become two of ours. */
static const char *
one_line(struct arena *a, const char *text)
{
	char *s = arena_strdup(a, text);

	for (char *p = s; *p != '\0'; p++)
		if ((unsigned char)*p < ' ')
			*p = ' ';
	return s;
}

static const char *
said(struct writing *w, const char *id)
{
	const struct settings *s = w->letter->settings;

	return h_fill(&w->h, id, "client", w->client, "organisation",
	    s->organisation_name, "date", w->date, "by", w->by, "purpose", w->purpose,
	    "url", w->me, "contact", s->organisation_contact, NULL);
}

static void
paragraph(struct writing *w, const char *id)
{
	buf_printf(&w->body, "%s\n\n", said(w, id));
}

static void
list(struct writing *w)
{
	const struct letter *l = w->letter;

	for (size_t i = 0; l->grant->datasets[i] != NULL; i++)
		buf_printf(&w->body, "- %s\n", part_title(&w->h, l->catalogue,
		    l->grant->datasets[i]));
	buf_str(&w->body, "\n");
}

static bool
is(const struct letter *l, const char *kind)
{
	return strcmp(l->kind, kind) == 0;
}

/* "mail.given.first", "mail.ended.customer": the first sentence. */
static const char *
first(struct writing *w)
{
	const struct letter *l = w->letter;
	const char *by = l->grant->ended_by;

	return arena_printf(w->h.arena, "mail.%s.%s", l->kind,
	    !is(l, "ended") ? "first" : by == NULL ? "time" : by);
}

static void
write_body(struct writing *w)
{
	const struct letter *l = w->letter;
	bool lives = is(l, "given") || is(l, "changed");

	paragraph(w, "mail.hello");
	paragraph(w, first(w));
	list(w);
	if (lives || is(l, "asked") || is(l, "shared")) {
		paragraph(w, "mail.purpose");
		paragraph(w, "mail.until");
	}
	if (is(l, "ended"))
		paragraph(w, "withdraw.kept");
	paragraph(w, arena_printf(w->h.arena, "mail.%s.act",
	    lives ? "given" : l->kind));
	if (lives || is(l, "ended"))
		paragraph(w, "mail.wrong");
	buf_printf(&w->body, "%s\n", said(w, "mail.sign"));
}

static void
add_body(struct buf *out, const struct buf *body)
{
	char line[4 * LINE_BYTES / 3 + 5];

	for (size_t i = 0; i < body->len; i += LINE_BYTES) {
		size_t n = body->len - i;

		b64_encode(line, body->data + i, n > LINE_BYTES ? LINE_BYTES : n);
		buf_printf(out, "%s\r\n", line);
	}
}

const char *
letter_text(struct arena *a, const struct letter *l, size_t *n)
{
	const struct grant *g = l->grant;
	struct writing w = { .letter = l };
	struct buf out;

	buf_init_in(&out, a);
	buf_init_in(&w.body, a);
	h_init(&w.h, NULL, a, l->words, l->lang);
	w.client = one_line(a, g->client_name);
	w.purpose = one_line(a, g->purpose);
	w.me = arena_printf(a, "%s/me", l->settings->public_url);
	w.by = h_date(&w.h, l->answer_by_us);
	w.date = h_date(&w.h, (is(l, "ended") || is(l, "shared_ended")) &&
	    g->ended_us != 0 ? g->ended_us : g->expires_us);
	write_body(&w);
	fields(&out, l, said(&w, arena_printf(a, "mail.%s.subject", l->kind)));
	add_body(&out, &w.body);
	*n = out.len;
	return out.data;
}
