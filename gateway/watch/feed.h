/* SPDX-License-Identifier: Apache-2.0 */
/*
 * feed.h - the stream of one source, between feed_open.c (is anything missing?)
 * and by_replication.c (what its rows tell).
 */
#ifndef FEED_H
#define FEED_H
#include "db/stream.h"
#include "watch/changed.h"
#include "watch/watch_own.h"

struct event;

enum { AGAIN_MS = 1000, BUSY_MS = 2000 };	/* to open; another reads it */

struct feed {
	struct watch *watch;
	const struct source *source;
	struct machine **machines;	/* its data sets that tell who changed */
	size_t n, at;			/* at: whose turn it is */
	struct event *again, *pending, *look;
	struct stream *stream;		/* NULL: waits for `again` */
	struct pgoutput *plugin;
	struct question *question, *lag;
	char origin[64];
	int64_t confirmed;		/* the slot's, when it was opened */
	bool streaming, told, lost_told;	/* told: that it does not */
	struct changed_rows rows;
	bool open, busy;		/* a transaction; a batch under way */
	int64_t at_us, reached, idle_us; /* reached: end of the last one */
	uint32_t xid;
	int64_t unknown;		/* where a table was not known */
	/* for /metrics */
	int64_t behind;
	bool lost;
};

/* What was not confirmed comes again, after so long. */
void feed_end(struct feed *, int64_t ms);
void feed_fail(struct feed *, const char *doing, int failure);
bool feed_ask(struct feed *, struct db *, const struct statement *,
    const struct params *, db_on_rows *, const char *doing);
void feed_figures(const struct watch *);	/* for /metrics */
/* The stream is open: claims the data sets, has compared what was missed, and
 * starts it. */
void feed_opened(const struct stream_found *, void *);

#endif
