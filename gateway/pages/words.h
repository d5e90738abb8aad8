/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words.h - every word our pages say, in French and in English.
 *
 * po/fr.po and po/en.po are the source (msgid = a name of ours, msgstr = the
 * words), built into the program and read once at start.
 */
#ifndef WORDS_H
#define WORDS_H
#include <stddef.h>
#include "base/attr.h"
#include "catalogue/catalogue.h"	/* enum lang */

struct fault;
struct words;

/* Reads what is built in; also sets this process's clock to the time zone in
 * which pages show times. */
MUST_CHECK int words_load(struct words **out, const char *time_zone,
    struct fault *);
void words_free(struct words *);

/* The words of this name; the name itself when nobody wrote them. */
const char *words_find(const struct words *, enum lang, const char *id);

/* For tests and tools. */
MUST_CHECK int words_parse(struct words *, enum lang, const char *name,
    const char *po, struct fault *);
struct words *words_new(void);
size_t words_count(const struct words *, enum lang);
const char *words_id(const struct words *, enum lang, size_t i);

extern const char *const lang_codes[LANG_COUNT];	/* "en", "fr" */

#endif
