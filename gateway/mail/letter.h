/* SPDX-License-Identifier: Apache-2.0 */
/*
 * letter.h - what a customer is told by e-mail, as an RFC 5322 message.
 *
 * Plain text in her language. Nothing that came from outside stands in a header
 * field as it is: names are encoded words, addresses were looked at (smtp.h).
 */
#ifndef LETTER_H
#define LETTER_H
#include <stddef.h>
#include "catalogue/catalogue.h"	/* enum lang */

struct arena;
struct grant;
struct settings;
struct words;

struct letter {
	const char *id;			/* of its row: a repeat is known by it */
	const char *kind;		/* given, changed, reminder, stuck, ended;
					 * to who holds with her: asked, shared,
					 * shared_ended */
	int64_t answer_by_us;		/* asked */
	const char *to;
	enum lang lang;
	const struct grant *grant;
	const struct settings *settings;
	const struct catalogue *catalogue;
	const struct words *words;
};
/* In the arena, lines ended by CRLF. */
const char *letter_text(struct arena *, const struct letter *, size_t *n);

/* Who it comes from: [mail] from, or the organisation's contact. */
const char *letter_from(const struct settings *);

#endif
