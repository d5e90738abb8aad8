/* SPDX-License-Identifier: Apache-2.0 */
/*
 * receipt_check.h - what a receipt that came back proves: that we signed it, and
 * that what it tells stands in the journal. Read as strictly as anything else from
 * outside; nothing is asked of anybody.
 */
#ifndef RECEIPT_CHECK_H
#define RECEIPT_CHECK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/text.h"

struct arena;
struct keys;
struct settings;

enum receipt_verdict {
	RECEIPT_NO_RECEIPT,	/* nothing of the kind */
	RECEIPT_UNSIGNED,	/* a copy in the clear: proves nothing */
	RECEIPT_NOT_OURS,	/* signed by another, or altered since */
	RECEIPT_OURS
};

struct receipt_check {
	enum receipt_verdict verdict;
	/* of ours, in the arena */
	struct uuid grant;
	const char *recipient, *purpose;
	const char **labels;		/* of the data sets, NULL-terminated */
	int64_t issued_us, given_us, expires_us;
	size_t events, proven;		/* how many; how many stand in the journal */
	int64_t place;			/* of the first of these; -1: none */
	uint64_t size;			/* of the journal that was signed */
};
void receipt_check(struct receipt_check *, struct arena *, const struct settings *,
    const struct keys *, const char *text, size_t n);

#endif
