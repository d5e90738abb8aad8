/* SPDX-License-Identifier: Apache-2.0 */
/* verify_own.h - what the files of the verification share. */
#ifndef VERIFY_OWN_H
#define VERIFY_OWN_H
#include "journal/spine.h"
#include "journal/verify.h"

struct arena;

/* Notes of the past that the log must continue: those beside it and the one
 * that the verifier kept, by size. */
struct mark { const char *name; struct checkpoint is; bool met, other; };
struct marks { struct mark *list; size_t n, next; bool kept; };

int verify_bad(struct verification *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void verify_name(struct verification *, uint64_t first, uint64_t last);

/* ---- verify_marks.c ---- */
/* A signed checkpoint of this log: 0, or E_DENIED with the reason told. One of
 * its past may bear the name it had before it began anew. */
MUST_CHECK int verify_note(struct verification *, struct checkpoint *out,
    const char *what, const char *text, bool past);
/* Reads and verifies every note: 0, or E_DENIED with the reason told. */
MUST_CHECK int marks_read(struct marks *, struct verification *,
    struct evidence *, struct arena *);
/* Is there one of this size? Then root() is asked and held against it. */
bool marks_wait(struct marks *, uint64_t size);
void marks_hold(struct marks *, uint64_t size, const struct hash *root);
/* 0, or E_DENIED: one of them tells another history, or the one that was kept
 * could not be held against this part. */
MUST_CHECK int marks_end(const struct marks *, struct verification *);

/* ---- verify_files.c ---- */
MUST_CHECK int verify_files(struct verification *, struct evidence *);

/* ---- verify_part.c ---- */
MUST_CHECK int verify_part(struct verification *, struct evidence *,
    const struct part *, struct marks *);
/* Does the side record shown with an entry belong to it? 0 or E_DENIED. */
MUST_CHECK int verify_side(struct verification *, const struct entry *);

#endif
