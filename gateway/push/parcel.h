/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parcel.h - a few records of one subscription, ready to be handed over.
 *
 * Each has a name that is the same whenever it is sent: a keyed digest of its
 * data set and natural key, so that a repeat is harmless and the name tells
 * nothing. The key is the customer's: destroyed with her, it unlinks the names.
 * A removal carries the name of the record that is gone.
 */
#ifndef PARCEL_H
#define PARCEL_H
#include "catalogue/page.h"

struct subject_ref;

enum { PARCEL_MAX = 100, PARCEL_BYTES_MAX = 1 << 20, ITEM_ID = 33,
    ITEM_MAC = 16 };

struct item {
	char id[ITEM_ID];		/* 32 lower case hex digits */
	const char *json;		/* the record, one object */
	size_t n;
	struct covered covered;		/* its date */
	bool removed;			/* it is gone: {..., "removed": true} */
	uint8_t name[ITEM_MAC];		/* id, in bytes */
	uint8_t digest[ITEM_MAC];	/* of json, keyed: what is remembered */
};

/* How far one is, once so many items were received. */
struct place { struct cursor cursor; int64_t changed_us; int items; };

struct parcel {
	const struct dataset *dataset;
	const char *subscription;	/* its id */
	int64_t sequence;		/* of the first item; then one by one */
	struct item *items;
	int n;
	struct place *places;		/* one for each row looked at */
	int place_n;
	int held;			/* records that could not be written */
	bool more;			/* others follow */
	size_t bytes;
	char digest[65];		/* SHA-256 of all of it, hex */
};

/* From the rows of a page; in the arena. E_BAD_INPUT: a row has no place. */
MUST_CHECK int parcel_make(struct parcel *, struct pair *,
    const struct subject_ref *, struct arena *);
/* Takes out the items that are known: names of ITEM_MAC bytes, sorted. */
void parcel_leave_out(struct parcel *, const uint8_t (*known)[ITEM_MAC],
    size_t n, struct arena *);
/* Removals of records of which nothing but the name is known. */
void parcel_of_names(struct parcel *, const uint8_t (*names)[ITEM_MAC],
    size_t n, struct arena *);
/* Of the first `done` items, the first in time to change at the source, but not
 * before since_us; 0: nothing is known of it. */
int64_t parcel_changed_us(const struct parcel *, int done, int64_t since_us);
/* The dates of the first `done` items. */
void parcel_covered(const struct parcel *, int done, struct covered *);
/* The last place reached when `done` items were received, before safe_us; or
 * NULL: none. */
const struct cursor *parcel_cursor(const struct parcel *, int done,
    int64_t safe_us);

#endif
