/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spine.h - a tree of which only a part is known: the roots of its perfect
 * subtrees, from left to right.
 *
 * A part of a log says, for what it leaves out, the roots of the fewest perfect
 * subtrees that cover it; so that whoever has the part can still come to the
 * root that was signed.
 */
#ifndef SPINE_H
#define SPINE_H
#include <stddef.h>
#include <stdint.h>
#include "base/attr.h"
#include "journal/tree.h"

struct spine {
	uint64_t size;
	size_t n;
	struct { int level; struct hash hash; } parts[PROOF_MAX + 1];
};

void spine_init(struct spine *);
void spine_append(struct spine *, const struct hash *leaf);
/* What stands for the entries up to end. 0, or E_BAD_INPUT: not so many. */
MUST_CHECK int spine_skip(struct spine *, uint64_t end, const struct hash *,
    size_t n);
void spine_root(const struct spine *, struct hash *out);

/* The hashes that stand for the entries [first, end). */
MUST_CHECK int spine_gap(struct proof *out, const struct tiles *,
    uint64_t first, uint64_t end);

#endif
