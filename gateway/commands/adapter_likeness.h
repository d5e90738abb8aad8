/* SPDX-License-Identifier: Apache-2.0 */
/* adapter_likeness.h - which column of a table is perhaps which field? */
#ifndef ADAPTER_LIKENESS_H
#define ADAPTER_LIKENESS_H
#include "base/attr.h"
#include "catalogue/catalogue.h"

struct arena;

struct likeness {
	const char **from;	/* of each field: an expression on t, or NULL */
	const char **why;	/* the column's comment, or NULL */
	const char *customer;	/* the column that tells whose, or NULL */
};
/* connection: a PGconn. 0, or -1: there is no such table. All in the arena. */
MUST_CHECK int likeness_find(struct likeness *, struct arena *,
    const struct schema *, void *connection, const char *table,
    const char *zone);

#endif
