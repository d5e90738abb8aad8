/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seen.h - what a question told before, when it is asked again and again about
 * the same span (capture = overlap).
 *
 * A turn adds all that it is told; what the turn before was told too is known.
 * The turn counts when it is kept: one that failed leaves what was known, so
 * that the next one finds the same news. Sums only, in memory: a restart knows
 * nothing, and everything is news once.
 */
#ifndef SEEN_H
#define SEEN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SEEN_MAX = 1000000 };		/* beyond these, all is news */

struct seen { int64_t *known, *told; size_t known_n, told_n, size; };

void seen_begin(struct seen *);
/* Is it news? */
bool seen_add(struct seen *, int64_t sum);
void seen_keep(struct seen *);
void seen_clear(struct seen *);

#endif
