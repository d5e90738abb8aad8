/* SPDX-License-Identifier: Apache-2.0 */
/*
 * missing.h - what an answer does not hold, and why: never silence.
 *
 * A fact is a kind of thing (period, field, account, records, dataset), which
 * one, and a code of a closed list; po/ holds a sentence for each code in both
 * languages ("missing.<code>"), which the documentation repeats.
 */
#ifndef MISSING_H
#define MISSING_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct call;
struct dataset;
struct jw;

struct missing {
	const char *code;	/* "outside_consent" */
	const char *what;	/* "period" */
	const char *name;	/* a field's path, an account; or NULL */
	const char *from, *to;	/* of a period; or NULL */
	int64_t count;		/* of records, of accounts; 0 = not told */
	const char *reason;	/* the source's own word, or NULL */
};

enum { MISSING_MAX = 24 };
struct missing_list { struct missing of[MISSING_MAX]; size_t n; };

/* Beyond MISSING_MAX nothing more is listed. */
void missing_add(struct missing_list *, struct missing);
/* What the source does not hold of this data set. */
void missing_fields(struct missing_list *, const struct dataset *);

/* What a reason of accounts.sql is called here. */
const char *missing_account_code(const char *reason);

/* "missing": [...], with the words; nothing when the list is empty. */
void missing_write(struct jw *, struct call *, const struct missing_list *);
/* Guichet-Missing: the codes, for answers that are lines of records alone. */
void missing_field(struct call *, const struct missing_list *);

/* Every code there is, NULL-terminated: documentation and tests. */
extern const char *const missing_codes[];

#endif
