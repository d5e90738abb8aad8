/* SPDX-License-Identifier: Apache-2.0 */
/*
 * describe.h - what the live source says about an adapter, without running it.
 */
#ifndef DESCRIBE_H
#define DESCRIBE_H
#include <libpq-fe.h>
#include "catalogue/catalogue_own.h"

enum { COLUMNS_MAX = 200 };

/* ---- live.c: one patient connection to a source, for looking ---- */
/* Reads only, in the source's time zone, under its time-out, planning as the
 * gateway will. E_UNAVAILABLE, or E_BAD_INPUT, and the fault. */
MUST_CHECK int live_open(struct db_now **out, const struct source *,
    struct fault *);
/* May the horizon be known here? Rights, track_activities, a primary. */
MUST_CHECK int live_horizon(PGconn *, const struct source *, struct fault *);
/* What PostgreSQL refused, at its place in the file; text is the file's. */
int live_refused(struct fault *, PGconn *, const PGresult *, const char *file,
    const char *text);
/* One text from the first row, or NULL; in the arena. */
const char *live_text(PGconn *, struct arena *, const char *sql,
    const char *const *values, int n);
/* "GRANT SELECT ON crm.client TO reader; ..." for the tables the text names
 * and this role may not read, or NULL. */
const char *live_grants(PGconn *, struct arena *, const char *text);

/* ---- columns.c: names and types against the schema ---- */
/* Reads the described columns into list; faults go to catalogue_fault, one
 * each. E_BAD_INPUT when any was found (all kept, if the catalogue keeps them). */
MUST_CHECK int columns_read(struct column *list, size_t *n, struct catalogue *,
    const struct dataset *, const PGresult *, struct fault *);

#endif
