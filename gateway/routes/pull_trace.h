/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pull_trace.h - the lines of a pull: one before its records leave, one after.
 *
 * The first passes the gate, which holds the grant (journal/gate.h); what the
 * verdict means for the asker is said here too.
 */
#ifndef PULL_TRACE_H
#define PULL_TRACE_H
#include "routes/pull_ask.h"

/* Asks the gate about a line; WAIT, and c->failure is the verdict. */
enum next pull_admit(struct call *, const struct line_row *);
/* The same for the page in p; WAIT, and c->failure is the verdict. */
enum next pull_trace_begin(struct call *, struct pull *);
/* How it ended; nothing when none was begun. */
void pull_trace_end(struct call *, struct pull *, bool sent);
/* Records of this page that were held back: a line of its own. */
void pull_trace_held(struct call *, const struct pull *);
/* 403 or 503. */
enum next pull_not_admitted(struct call *);
/* 503; 500 where c->failure says that the source refused the question. */
enum next pull_source_failed(struct call *);

#endif
