/* SPDX-License-Identifier: Apache-2.0 */
/*
 * html.h - HTML that can only be well formed and escaped.
 *
 *     h_open(h, "p", "class", "lead", NULL);
 *     h_text(h, customer_wrote_this);
 *     h_close(h, "p");
 *
 * Attributes are pairs of name and value, ended by NULL; a NULL value leaves
 * the attribute out, "" is a boolean one. Links go to our own pages, https or
 * mailto only: another scheme becomes "#". There is no raw output, no style
 * and no script: the Content-Security-Policy would refuse them anyway.
 */
#ifndef HTML_H
#define HTML_H
#include <stdbool.h>
#include <stddef.h>
#include "catalogue/catalogue.h"	/* enum lang, struct wording */

struct arena;
struct buf;
struct words;

enum { HTML_DEPTH = 24 };

struct html {
	struct buf *out;
	struct arena *arena;
	const struct words *words;
	enum lang lang;
	const char *open[HTML_DEPTH];
	int depth;
	/* Pages that are files (layout_init_file): where a place of ours stands
	 * among them, "/data" -> "index.html". NULL: a server answers. */
	const char *(*place)(const struct html *, const char *path);
	const char *public_url;		/* for places that only a server has */
};

void h_init(struct html *, struct buf *out, struct arena *,
    const struct words *, enum lang);
void h_doctype(struct html *);

void h_open(struct html *, const char *tag, ...) __attribute__((sentinel));
void h_close(struct html *, const char *tag);	/* the innermost, asserted */
/* An element that has no inside: input, img, link, meta, hr. */
void h_void(struct html *, const char *tag, ...) __attribute__((sentinel));
void h_text(struct html *, const char *);
/* Open, text, close. A NULL text is an empty element. */
void h_element(struct html *, const char *tag, const char *text, ...)
    __attribute__((sentinel));

/* ---- in the reader's language ---- */
const char *h_word(const struct html *, const char *id);
/* The words with {name} filled in: pairs of name and value, ended by NULL. */
const char *h_fill(const struct html *, const char *id, ...)
    __attribute__((sentinel));
/* The same, "id.one" or "id.many" by n, which is also {n}. */
const char *h_count(const struct html *, const char *id, int64_t n, ...)
    __attribute__((sentinel));
/* Open, words, close. */
void h_say(struct html *, const char *tag, const char *id, ...)
    __attribute__((sentinel));		/* attributes */
const char *h_wording(const struct html *, const struct wording *);
const char *h_number(const struct html *, int64_t);	/* 1 234 or 1,234 */
const char *h_date(const struct html *, int64_t us);	/* 12 mars 2026 */
const char *h_day(const struct html *, int64_t us);	/* 12/03/2026, 12 Mar 2026 */
const char *h_clock(const struct html *, int64_t us);	/* 08:02 */

#endif
