/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parcel.h - a few records of one subscription, ready to be handed over.
 *
 * Each has a name that is the same whenever it is sent: a keyed digest of its
 * data set and natural key, so that a repeat is harmless and the name tells
 * nothing. The key is the customer's: destroyed with her, it unlinks the names.
 */
#ifndef PARCEL_H
#define PARCEL_H
#include "catalogue/page.h"

struct subject_ref;

enum { PARCEL_MAX = 100, PARCEL_BYTES_MAX = 1 << 20, ITEM_ID = 33 };

struct item {
	char id[ITEM_ID];		/* 32 lower case hex digits */
	const char *json;		/* the record, one object */
	size_t n;
	struct cursor cursor;		/* where one is after it */
};

struct parcel {
	const struct dataset *dataset;
	const char *subscription;	/* its id */
	int64_t sequence;		/* of the first item; then one by one */
	struct item *items;
	int n;
	bool more;			/* others follow */
	size_t bytes;
	char digest[65];		/* SHA-256 of all of it, hex */
};

/* From the rows of a page; in the arena. E_BAD_INPUT: a row is not a record. */
MUST_CHECK int parcel_make(struct parcel *, const struct page_ask *,
    const struct rows *, const struct subject_ref *, struct arena *);

#endif
