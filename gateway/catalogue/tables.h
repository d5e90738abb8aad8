/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tables.h - which tables of a source the adapter's pages read, and what their
 * rows are known by: for whoever has the source tell of its changes.
 *
 * Which: those of the plans, so that views are seen through. Which columns: the
 * primary key, and whatever other columns an index or a foreign key holds, as
 * these lead to a customer; no times. The payload stays where it is.
 */
#ifndef TABLES_H
#define TABLES_H
#include "catalogue/catalogue_own.h"
#include "catalogue/describe.h"

enum { TABLES_MAX = 200 };

struct tables {
	PGconn *pg;
	struct arena *arena;
	const char *names[TABLES_MAX];	/* schema.table as quoted by format() */
	size_t n;
};

/* Adds the tables of this data set's page. */
MUST_CHECK int tables_look(struct tables *, const struct dataset *,
    struct fault *);

/* $1 the table, $2 OLD or NEW -> 'a', OLD.a, 'b', OLD.b */
extern const char tables_key[];
/* OLD.a, OLD.b: what a row is known by; NULL: it has no key */
extern const char tables_identity[];
/* a, b: the key; and those of it that a stream does not tell of an old row */
extern const char tables_names[], tables_unkept[];
const char *tables_columns(const struct tables *, const char *sql,
    const char *table, const char *row);

#endif
