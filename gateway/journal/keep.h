/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keep.h - the last note of each log, kept on this host, apart from the
 * database.
 *
 * A log alone cannot show that it was rolled back: a restored backup is a
 * consistent log of its own. So the last signed note stands in a file here,
 * flushed before the note is published, and nothing is signed that does not
 * continue it. Who writes here is the signer (signer.h).
 */
#ifndef KEEP_H
#define KEEP_H
#include <openssl/evp.h>
#include "base/attr.h"
#include "journal/note.h"

struct arena;

/* One at a time works on a directory: a lock, made with it, to be closed; or
 * E_SYSTEM (why says more). */
MUST_CHECK int keep_lock(const char *dir, char why[256]);
/* The note (text may be NULL), signed by that key under the name of its origin;
 * or E_NOT_FOUND, or E_SYSTEM / E_BAD_INPUT (why says more). */
MUST_CHECK int keep_read(struct checkpoint *, char **text, struct arena *,
    const char *dir, const char *log, EVP_PKEY *, char why[256]);
/* Durable when it returns 0; E_SYSTEM otherwise. */
MUST_CHECK int keep_write(const char *dir, const char *log, const char *note,
    char why[256]);
/* A person lets a log begin anew under that origin, after its end was lost; the
 * first note so named takes the place of the last one, which stays beside. */
MUST_CHECK int keep_allow(const char *dir, const char *log, const char *origin,
    char why[256]);
bool keep_allows(const char *dir, const char *log, const char *origin);
MUST_CHECK int keep_begin_anew(const char *dir, const char *log,
    const char *note, char why[256]);
/* Does this tree continue that checkpoint? 0; E_CONFLICT: it is another
 * history; other failures: it could not be told. */
MUST_CHECK int keep_continues(const struct checkpoint *kept,
    const struct tiles *, const struct checkpoint *now, char why[256]);

/* A whole note: its checkpoint, if that key signed it under its origin's name.
 * 0, or E_BAD_INPUT. */
MUST_CHECK int keep_parse(struct checkpoint *, struct arena *, const char *text,
    size_t n, EVP_PKEY *);

#endif
