/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace.h - the wider story a call is part of (W3C Trace Context).
 *
 * Whoever calls may say which one. It stands in the lines of the log, and goes on
 * to the hosts that the call asks in its turn, with the call's own id as parent.
 * What is not exactly a traceparent is as if it were not there.
 */
#ifndef TRACE_H
#define TRACE_H
#include <stdbool.h>
#include <stddef.h>

struct arena;
struct field;

struct trace {
	char id[33];		/* 32 hex; "": none */
	char flags[3];
	const char *state;	/* tracestate as it came; NULL: none */
};

/* From the fields of a request; where nothing fits, t->id is "". */
void trace_take(struct trace *, const struct field *, size_t n);
/* The header fields for a request of ours, "Name: value", NULL-terminated, in
 * the arena; parent: 16 hex. NULL when there is no trace. */
const char **trace_fields(struct arena *, const struct trace *,
    const char *parent);

#endif
