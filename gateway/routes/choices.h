/* SPDX-License-Identifier: Apache-2.0 */
/* choices.h - what a customer ticked and chose, read back from a form. */
#ifndef CHOICES_H
#define CHOICES_H
#include "http/call.h"
#include "pages/parts.h"

struct settings;

enum { CHOICES_MAX = 64 };

struct choices {
	struct choice list[CHOICES_MAX];
	size_t n;
	const char *ticked[CHOICES_MAX];	/* ids */
	size_t ticked_n;
	struct span span;
};

/* One more data set that may be ticked. */
void choices_add(struct choices *, const struct schema *);
/* The day of asking; how far back (INT64_MIN = all) and how long (0 = not
 * said) at most. */
void choices_bound(struct choices *, const struct settings *, int64_t now_us,
    int64_t from_us, int64_t until_us);
/* What the form says, within those bounds. */
void choices_read(struct choices *, struct call *);
/* Has she proved who she is as these data sets ask? NEXT, or sent to do so. */
enum next choices_sign_in(const struct choices *, struct call *);
int64_t choices_until_us(const struct choices *);

#endif
