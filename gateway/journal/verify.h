/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify.h - does a log say today what it said when it was signed?
 *
 * The signature vouches for the root, the root for every entry. When it does
 * not, the first bad entry is named as exactly as the hash tiles allow, which
 * are believed only as far as the signed root vouches for them.
 */
#ifndef VERIFY_H
#define VERIFY_H
#include <stdbool.h>
#include <stdint.h>
#include "base/attr.h"
#include "journal/evidence.h"
#include "journal/note.h"

struct verification {
	/* what it is held against */
	const struct note_key *key;
	const char *known;		/* an earlier note, whole; or NULL */
	void (*progress)(uint64_t done, uint64_t of, void *arg); /* or NULL */
	void *arg;

	/* what was found */
	bool good;
	struct checkpoint now, before;	/* before: of `known` */
	uint64_t entries, purged;
	bool files_signed;		/* an export: its list of files is */
	bool part;			/* not the whole log: a part of it */
	bool extra;			/* more entries than were signed */
	bool named;			/* is the first bad entry known? */
	uint64_t first_bad, last_bad;	/* it lies between these */
	char why[400];			/* one sentence, when not good */
};
/* 0: verified, good or not; E_UNAVAILABLE, E_SYSTEM: it could not be done. */
MUST_CHECK int verify_log(struct verification *, struct evidence *);

#endif
