/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pull_stream.h - many pages as one answer that flows.
 *
 * Each page is read, recorded at the gate and sent before the next is read, so
 * that memory stays flat however long the history, and a withdrawal stops it
 * between two pages. A route that streams begins its state with a struct
 * stream, and its last steps are STREAM_STEPS, after pull_horizon.
 */
#ifndef PULL_STREAM_H
#define PULL_STREAM_H
#include "routes/pull_ask.h"

struct pack;

struct stream {
	struct pull pull;		/* first: the question, and the page */
	struct arena *now, *before;	/* of this page, and of its cursor's */
	struct rows *rows;
	struct question *question;
	struct pack *pack;		/* NULL: not packed */
	struct buf packed;
	bool begun;			/* the head is promised */
	int64_t records, pages;		/* so far */
	const char *stopped;		/* a code: it ended before the end */
	/* Told after each page that left, if set: the place it reached. */
	void (*on_page)(struct call *, struct stream *);
};

step_fn stream_read, stream_record, stream_send, stream_sent, stream_finish,
    stream_end;
#define STREAM_STEPS \
	{ "read",	stream_read }, \
	{ "record",	stream_record }, \
	{ "send",	stream_send }, \
	{ "sent",	stream_sent }, \
	{ "finish",	stream_finish }, \
	{ "end",	stream_end }

#endif
