/* SPDX-License-Identifier: Apache-2.0 */
/*
 * findings.h - what a check found, in order, so that one run tells all of it.
 */
#ifndef FINDINGS_H
#define FINDINGS_H
#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"

enum { FINDINGS_MAX = 200 };	/* what follows is counted, not kept */

struct finding {
	int level;			/* 1 files ... 5 rights */
	const char *source, *dataset;	/* NULL: of no one; borrowed */
	struct fault fault;
};
struct findings { struct finding *list; size_t n, errors, warnings; };

void findings_init(struct findings *);
void findings_add(struct findings *, const struct finding *);
/* How many faults (not warnings) name this data set? */
size_t findings_of(const struct findings *, const char *dataset);
void findings_clear(struct findings *);

#endif
