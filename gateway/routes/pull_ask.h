/* SPDX-License-Identifier: Apache-2.0 */
/* pull_ask.h - what a pull asks for, read and held against its grant. */
#ifndef PULL_ASK_H
#define PULL_ASK_H
#include "base/buf.h"
#include "base/text.h"
#include "catalogue/page.h"
#include "http/call.h"
#include "http/condition.h"
#include "journal/line.h"
#include "routes/missing.h"

/* All that lives between the steps of routes/pull.c. */
struct pull {
	struct page_ask ask, gone_ask;
	struct rows *rows;		/* of the page, while removals are read */
	struct buf gone;		/* removals, as JSON */
	int removed;
	struct cursor cursor;
	const char *cursor_text;	/* as it came, or NULL */
	enum page_form form;
	const char *name;		/* "energy.load-curve@1" */
	const char *granularity;	/* as asked, or NULL: the finest allowed */
	struct page page;
	struct buf body;
	const char *next;		/* the cursor that continues, or NULL */
	struct missing_list missing;
	char etag[ETAG_MAX];
	bool had;			/* the asker has it: 304 */
	struct line line;
	char begun[UUID_TEXT];		/* the line that this pull ends */
};

/* ---- pull_removed.c: what is gone travels with the records ---- */
/* A step: asks for the removals after the same cursor, where they are told. */
step_fn pull_read_removed;
/* Writes the records into p->body as page_write does, and the removals into
 * p->gone; p->page tells of both. */
MUST_CHECK int pull_write(struct call *, struct pull *, size_t bytes_max);

/* Fills p->ask, whose data set and period are what is asked for, with what the
 * grant allows of it, and p->missing; or refuses. */
enum next pull_hold(struct call *, struct pull *);
bool pull_period_valid(const char *);	/* a day or a moment; NULL is one */

/* A step: fills p->ask from the path and the query, or refuses. */
step_fn pull_understand;
/* And p->ask.until_us, or refuses; c->failure is to be looked at. */
step_fn pull_horizon;

#endif
