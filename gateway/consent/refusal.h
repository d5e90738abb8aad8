/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refusal.h - a recipient that was refused leaves a line: what, and by which rule.
 *
 * The rule is the word the recipient read ("no_grant", "too_many_calls"). Of one
 * consent or recipient ten lines, then one a second: whoever asks in vain without
 * end must not be able to fill the journal. The gateway's log has them all.
 */
#ifndef REFUSAL_H
#define REFUSAL_H
#include "http/call.h"

/* A step, after the token was checked: should this call be refused in the end,
 * that is a line "pull.refused". */
step_fn refusal_watch;
/* At the call's end: a line, if it was refused. event: from the vocabulary; named:
 * whose pace it is; line: whom and what it is about, the rest is filled. */
struct line;
void refusal_note(struct call *, const char *named, struct line *);

#endif
