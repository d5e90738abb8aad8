/* SPDX-License-Identifier: Apache-2.0 */
/* choices.h - what a customer ticked and chose, read back from a form. */
#ifndef CHOICES_H
#define CHOICES_H
#include "catalogue/coholders.h"
#include "consent/details.h"
#include "http/call.h"
#include "pages/parts.h"

struct settings;

enum { CHOICES_MAX = 64, ACCOUNTS_MAX = 64 };

struct details;

struct choices {
	struct choice list[CHOICES_MAX];
	size_t n;
	struct account accounts[ACCOUNTS_MAX];
	size_t account_n;
	struct coholders others;	/* who holds some of it with her */
	/* as read back: data sets, once each, at the finest that was ticked */
	struct detail_choice picked[CHOICES_MAX];
	const char *ticked[CHOICES_MAX];	/* their ids */
	size_t ticked_n;
	bool no_account;		/* of a data set that has some, none */
	struct span span;
};

/* One more data set that may be ticked: a box for each granularity that is not
 * finer than this one (NULL = the finest). */
void choices_add(struct choices *, struct arena *, const struct schema *,
    const char *granularity);
/* One more meter or line of hers, unless asked names others only. */
void choices_account(struct choices *, struct arena *,
    const struct catalogue *, const struct details *asked,
    const struct account *);
/* Marks what is held with others, once all that may be chosen is known. */
void choices_share(struct choices *, const struct catalogue *);
/* By when those must agree. */
int64_t choices_answer_by_us(const struct choices *, const struct house *);
/* The day of asking; how far back (INT64_MIN = all) and how long (0 = not
 * said) at most. */
void choices_bound(struct choices *, const struct house *, int64_t now_us,
    int64_t from_us, int64_t until_us);
/* What the form says, within those bounds. More boxes than there may be are not
 * read. */
void choices_read(struct choices *, struct call *);
/* Has she proved who she is as these data sets ask? NEXT, or sent to do so. */
enum next choices_sign_in(const struct choices *, struct call *);
/* When what is ticked ends: as chosen, or as long as it may be allowed. */
int64_t choices_until_us(const struct choices *);

#endif
