/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings_own.h - one row of the settings' table; only settings*.c include it.
 *
 * A row is one setting: its place in the file, its type, its default, the
 * sentence that tells what it is, and where its value goes. A default of NULL
 * means that the file must give it.
 */
#ifndef SETTINGS_OWN_H
#define SETTINGS_OWN_H
#include <stddef.h>
#include <stdint.h>
#include "base/attr.h"

enum type {
	TEXT,
	CHOICE,		/* one of the words in `words` */
	URL,		/* https://..., no final slash; http on loopback only */
	ADDRESS,	/* host:port */
	DATABASE,	/* a libpq URL, without a password in it */
	PATH,		/* as seen from the settings file */
	SECRET,		/* a PATH that nobody else may read */
	NUMBER,		/* from min to max */
	YES_NO
};

struct row {
	const char *section, *key;
	enum type type;
	const char *value;		/* default; NULL = required */
	size_t at;			/* in struct settings */
	const char *sentence;
	int64_t min, max;
	const char *words;
};

enum { ROWS = 160 };		/* more than there are: sizes arrays */
extern const struct row settings_table[];
extern const size_t settings_rows;

#endif
