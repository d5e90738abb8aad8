/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keep.h - the last note of each log, kept on this host, apart from the
 * database.
 *
 * A log alone cannot show that it was rolled back: a restored backup is a
 * consistent log of its own. So the last signed note stands in a file here,
 * flushed before the note is published, and nothing is signed that does not
 * continue it.
 */
#ifndef KEEP_H
#define KEEP_H
#include "base/attr.h"
#include "journal/note.h"

struct arena;

/* The note, or E_NOT_FOUND, or E_SYSTEM / E_BAD_INPUT (why says more). */
MUST_CHECK int keep_read(struct checkpoint *, struct arena *, const char *dir,
    const char *log, const struct note_key *, char why[256]);
/* Durable when it returns 0; E_SYSTEM otherwise. */
MUST_CHECK int keep_write(const char *dir, const char *log, const char *note,
    char why[256]);
/* Does this tree continue that checkpoint? 0; E_CONFLICT: it is another
 * history; other failures: it could not be told. */
MUST_CHECK int keep_continues(const struct checkpoint *kept,
    const struct tiles *, const struct checkpoint *now, char why[256]);

#endif
