/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entry.h - a customer comes in: her subject, her session and the journal line,
 * by one statement. How she proved who she is was settled before.
 *
 *     { "find subject", ... entry_find }, { "enter", ... entry_make },
 *     { "land", ... entry_land }
 *
 * A first sign-in makes the subject: a random id, and a random key that tags
 * her journal lines. An older session of the same browser ends, and its cookie
 * is replaced (no fixation).
 */
#ifndef ENTRY_H
#define ENTRY_H
#include "consent/session.h"

struct entry {
	const char *customer;		/* the organisation's reference */
	const char *name;		/* to greet */
	const char *acr;		/* how strongly, or NULL */
	int64_t auth_time_us;
	/* under way */
	char cookie[44];
	struct subject_ref subject;
	struct line_row line;
};

enum next entry_find(struct call *, struct entry *);
enum next entry_make(struct call *, struct entry *);
enum next entry_land(struct call *, struct entry *, const char *next);

#endif
