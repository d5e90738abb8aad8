/* SPDX-License-Identifier: Apache-2.0 */
/* audit_page.h - the journal as an auditor reads it. */
#ifndef AUDIT_PAGE_H
#define AUDIT_PAGE_H
#include "journal/report.h"
#include "pages/html.h"

struct rows;

/* What is looked for; as it stands in the address, "" = any. */
struct audit_wish {
	const char *from, *to;		/* days: "2026-03-01" */
	const char *client, *ds, *ev, *oc, *q, *customer;
};

struct audit_view {
	struct audit_wish wish;
	const struct catalogue *catalogue;
	const struct rows *sums, *lines;
	int lines_max;			/* one more than this: there are older ones */
	bool dpo;			/* may look for a customer */
	bool unknown;			/* no such customer */
	int64_t size, signed_us, behind;	/* the last checkpoint; -1 = none */
	const char *root;
};
void audit_page(struct html *, const struct audit_view *);

/* "?from=..&client=.." with one value replaced (value NULL: left out). */
const char *audit_address(struct html *, const struct audit_wish *,
    const char *name, const char *value);

struct audit_line_view {
	const struct catalogue *catalogue;
	const struct rows *line;
	int log;
	int64_t seq;
	const char *leaf;		/* its exact bytes */
	bool leaf_good;			/* they make the hash that is in the tree */
	bool dpo;
};
void audit_line_page(struct html *, const struct audit_line_view *);

struct audit_report_view {
	const struct report *report;	/* NULL: the list of them */
	const struct rows *rows;
	const struct catalogue *catalogue;
	const char *from, *to, *client, *customer;
	int64_t size;			/* the checkpoint it was made at */
	const char *root;
	unsigned roles;
	const char *csrf;
};
void audit_report_page(struct html *, const struct audit_report_view *);

/* Bars over time: a picture with its words, and the same as a table. */
struct chart_bar { const char *label; int64_t value; };
void part_chart(struct html *, const char *title, const char *column,
    const struct chart_bar *, size_t n);

#endif
