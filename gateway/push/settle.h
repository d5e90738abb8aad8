/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settle.h - what became of each delivery, written in batches.
 *
 * One statement settles many and writes their journal lines; each only if its
 * claim still holds. So a batch whose answer was lost is simply asked again: a
 * second time changes nothing.
 */
#ifndef SETTLE_H
#define SETTLE_H
#include <stdbool.h>
#include <stdint.h>
#include "journal/line.h"

struct event_base;
struct db;
struct item;

struct settlement {
	struct uuid subscription;
	int64_t attempt, changed;	/* as claimed */
	const char *cursor;		/* sealed; NULL = as it was */
	int64_t records;		/* received */
	int64_t has;			/* the recipient says it has so many and
					 * wants what follows; -1 = it says nothing */
	int64_t wait_ms;		/* next try; -1: nothing is left to do */
	bool refused;			/* counts as a refusal */
	const char *state;		/* NULL = as it was */
	const char *reason;		/* NULL = fine */
	int64_t horizon_us;		/* what was read reaches so far */
	const char *walk;		/* of a comparison; NULL = as it was */
	const struct item *received;	/* to be remembered, or forgotten */
	int received_n;
	const struct line_row *line;	/* NULL = none */
};

struct settler;
struct settler *settler_new(struct event_base *, struct db *, const char *owner);
void settler_free(struct settler *);
/* Borrows the settlement until on_settled, which is called once, from the loop;
 * held: it counted, the claim had not been taken over. */
typedef void settle_on(bool held, void *arg);
void settler_give(struct settler *, const struct settlement *, settle_on *,
    void *arg);

#endif
