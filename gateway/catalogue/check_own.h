/* SPDX-License-Identifier: Apache-2.0 */
/* check_own.h - level 5: questions to a source that ask what is wrong there. */
#ifndef CHECK_OWN_H
#define CHECK_OWN_H
#include "catalogue/check.h"
#include "catalogue/describe.h"

/* It gives one text when something is wrong: what the cause or the cure names
 * as %s. $1, if it is used, is overlap_s, or the slot. */
struct check_question {
	const char *code;
	bool warning;
	const char *sql, *cause, *cure;
	bool of_slot;
};

void check_ask(struct findings *, const struct source *, PGconn *,
    struct arena *, const struct check_question *);
/* check_capture.c: does the source keep what its capture relies upon? */
void check_capture(struct findings *, const struct catalogue *,
    const struct source *, PGconn *, struct arena *);

#endif
