/* SPDX-License-Identifier: Apache-2.0 */
/*
 * origin.h - where each column of an adapter comes from, as PostgreSQL tells:
 * "crm.contrat.puis_sous", or the expression that computes it.
 */
#ifndef ORIGIN_H
#define ORIGIN_H
#include "base/attr.h"

struct arena;
struct dataset;
struct db_now;
struct fault;

struct origin {
	const char *path;		/* the alias */
	const char *from;		/* table and column, or NULL: computed */
	const char *comment;		/* the organisation's own, or NULL */
	const char *type;		/* as PostgreSQL writes it */
	const char *said;		/* the expression in the adapter, or NULL:
					 * a * stands for it */
	int line;			/* where that begins; 0: not known */
};
/* In the arena. 0, or E_BAD_INPUT and the fault. */
MUST_CHECK int origins_read(struct origin **out, size_t *n, struct arena *,
    struct db_now *, const struct dataset *, struct fault *);

#endif
