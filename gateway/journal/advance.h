/* SPDX-License-Identifier: Apache-2.0 */
/*
 * advance.h - a log goes on: the next checkpoint, and the proof that it
 * continues an earlier one.
 *
 * Told as c2sp.org/tlog-witness tells it: an old size, the hashes of the proof,
 * an empty line, the checkpoint. The signer, a host that follows the leader and
 * a witness all judge it by the same few lines.
 */
#ifndef ADVANCE_H
#define ADVANCE_H
#include <stddef.h>
#include <stdint.h>
#include "base/attr.h"
#include "journal/note.h"
#include "journal/tree.h"

struct buf;

enum { ADVANCE_PROOF_MAX = 63 };

struct advance {
	uint64_t old;
	struct proof proof;
	const char *rest;		/* what follows the empty line */
	size_t rest_n;
};
/* 0, or E_BAD_INPUT. `rest` points into the text. */
MUST_CHECK int advance_read(struct advance *, const char *, size_t n);
/* Up to and with the empty line. */
void advance_write(struct buf *, uint64_t old, const struct proof *);

/* May `next` follow `last` (NULL: nothing was known)? 0; E_BAD_INPUT: old is
 * more than its size; E_CONFLICT: the proof does not begin at `last`, or the
 * same size has another root; E_DENIED: it proves nothing. */
MUST_CHECK int advance_check(const struct checkpoint *last,
    const struct advance *, const struct checkpoint *next);

#endif
