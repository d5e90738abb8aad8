/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coholders.h - who holds records together with a customer, as her source tells:
 * the column coholders of customers.sql, a list of objects
 *
 *     {"customer": "C2", "agree": "all", "account": "...", "datasets": [...]}
 *
 * customer is the other's reference. agree says what a consent needs: all (both
 * must agree, nothing leaves before) or any (one is enough, the other is told and
 * may object). account and datasets say which records; without them, all that
 * this source gives. A data set that is not divided into accounts is shared
 * whatever the account.
 */
#ifndef COHOLDERS_H
#define COHOLDERS_H
#include <stdbool.h>
#include <stddef.h>
#include "base/attr.h"

struct arena;
struct dataset;
struct source;

enum { COHOLDERS_MAX = 32 };

struct coholder {
	const struct source *source;
	const char *customer;
	bool all;			/* must agree; else is told */
	const char *account;		/* NULL: any */
	const char **datasets;		/* NULL-terminated; NULL: any */
};

struct coholders {
	struct coholder list[COHOLDERS_MAX];
	size_t n;
};

/* Adds those that the facts of a row of customers.sql name (JSON). 0, or
 * E_BAD_INPUT and why: one sentence; nobody can then say who must agree. */
MUST_CHECK int coholders_read(struct coholders *, struct arena *,
    const struct source *, const char *facts, const char **why);

/* Do they share this data set, of these accounts (NULL: all of hers)? */
bool coholder_shares(const struct coholder *, const struct dataset *,
    const char *const *accounts);

#endif
