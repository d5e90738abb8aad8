/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence.h - a log as it lies somewhere: in an export, in the database, or on a
 * gateway that serves it.
 *
 * It gives a checkpoint, the entries from the first on, and the hash tiles.
 * Nothing of it is believed: verify.h holds one against the other.
 */
#ifndef EVIDENCE_H
#define EVIDENCE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/attr.h"
#include "journal/line.h"
#include "journal/tree.h"

struct db_now;
struct evidence;

struct entry {
	uint64_t seq;
	const void *leaf;	/* NULL: purged, only its hash is left */
	size_t n;
	struct hash hash;	/* of the leaf, computed; or as stored */
	bool altered;		/* the hash stored beside it is another one */
	/* of an export */
	const struct hash *before;	/* what stands for those left out (spine.h) */
	size_t before_n;
	const void *side, *salt;	/* NULL: not shown, or erased */
	size_t side_n, salt_n;
};

/* 0, E_NOT_FOUND or E_SYSTEM; why is one sentence. */
MUST_CHECK int evidence_open_dir(struct evidence **out, const char *dir,
    char why[256]);
MUST_CHECK int evidence_open_db(struct evidence **out, struct db_now *,
    enum journal_log, char why[256]);
/* url: of the gateway, or of one log (.../journal/restitution). E_UNAVAILABLE,
 * E_FULL too. */
MUST_CHECK int evidence_open_web(struct evidence **out, const char *url,
    enum journal_log, char why[256]);
void evidence_close(struct evidence *);		/* NULL is welcome */

const char *evidence_note(const struct evidence *);	/* the whole note */
const char *evidence_vkey(const struct evidence *);	/* or NULL */
/* A live log: entries after those of its checkpoint are no fault. */
bool evidence_grows(const struct evidence *);
struct tiles evidence_tiles(struct evidence *, uint64_t size);
/* A part of a log (range.json): how many entries, what stands for the rest. */
struct part { uint64_t entries; struct hash after[PROOF_MAX * 2]; size_t after_n; };
/* 1: a part; 0: whole; E_BAD_INPUT: range.json is none. */
MUST_CHECK int evidence_part(struct evidence *, struct part *);
const char *evidence_dir(const struct evidence *);	/* of an export, or NULL */
/* A text file of the export, or NULL (absent, too large, no text). */
const char *evidence_text(struct evidence *, const char *name);
bool evidence_has(const struct evidence *, const char *name);
/* Earlier notes that lie beside it (checkpoints/): name and whole text; ends with
 * a NULL name. */
struct past_note { const char *name, *note; };
const struct past_note *evidence_past(struct evidence *);
/* From the first entry again. */
void evidence_rewind(struct evidence *);
/* 1 and *out (valid until the next call); 0 at the end; E_BAD_INPUT: what
 * stands there is no entry (why); E_UNAVAILABLE. */
MUST_CHECK int evidence_next(struct evidence *, struct entry *out, char why[256]);

#endif
