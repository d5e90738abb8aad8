/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agreement.h - a consent about what several people hold.
 *
 * customers.sql declares who holds with her (catalogue/coholders.h). Where all
 * must agree, the consent as a whole is pending until the last of them did;
 * where one is enough it begins at once, they are told, and may object. A
 * refusal or an objection ends it. Each is known here as a subject like any
 * customer, so that letters, the journal and erasure are the same for all.
 */
#ifndef AGREEMENT_H
#define AGREEMENT_H
#include "catalogue/coholders.h"
#include "consent/details.h"
#include "journal/line.h"

struct catalogue;
struct params;
struct settings;

/* Whom this consent concerns beside her: once each, in the order of their
 * references. One who must agree anywhere must agree. */
struct agreement {
	const char *customers[COHOLDERS_MAX];
	bool all[COHOLDERS_MAX];
	size_t n, awaited;
};
/* Not herself. */
void agreement_make(struct agreement *, const struct coholders *,
    const struct catalogue *, const struct details *, const char *customer);

/* The six parameters of a statement that gives: ids, references, keys, answers,
 * how many are awaited, days to answer. What they point to is in the arena. */
void agreement_params(struct params *, struct arena *, const struct agreement *,
    const struct settings *);

#endif
