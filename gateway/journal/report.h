/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h - what a compliance officer asks of the journal, again and again.
 *
 * A report is one statement over the decoded log and a list of typed columns;
 * pages, CSV, JSON Lines and print are made of the same rows. A new one is a
 * line in report.c, a statement, and its words ("report.NAME", ".text").
 */
#ifndef REPORT_H
#define REPORT_H
#include <stdbool.h>
#include <stdint.h>
#include "db/db.h"

struct arena;
struct catalogue;

enum report_kind {
	REPORT_TEXT,		/* as stored */
	REPORT_EVENT,		/* "pull.begun": its words */
	REPORT_DATASET,		/* "energy.invoice@1": its title */
	REPORT_COUNT, REPORT_BYTES,	/* summed up at the end */
	REPORT_NUMBER, REPORT_MS,	/* not summed up */
	REPORT_TIME
};
enum { REPORT_COLUMNS = 12 };
struct report_column { const char *name; enum report_kind kind; };

struct report {
	const char *name;
	const struct statement *statement;
	bool personal;		/* names persons: for the DPO alone */
	bool customer;		/* $4: one person's reference */
	bool promises;		/* $4, $5: data sets and their latency */
	struct report_column columns[REPORT_COLUMNS];	/* ends with a NULL name */
};
extern const struct report reports[];	/* ends with a NULL name */
const struct report *report_find(const char *name);	/* NULL: none */

struct report_wish {
	int64_t from_us, to_us;
	const char *client;	/* NULL = all */
	const char *customer;	/* when the report is about one */
};
/* What its statement takes. */
void report_params(struct params *, struct arena *, const struct report *,
    const struct report_wish *, const struct catalogue *);

#endif
