/* SPDX-License-Identifier: Apache-2.0 */
/*
 * data_page.h - what can be had here: every data set, field by field.
 *
 * Everything shown comes from the schemas; the route adds who receives it.
 */
#ifndef DATA_PAGE_H
#define DATA_PAGE_H
#include "pages/html.h"

struct data_view {
	const struct catalogue *catalogue;
	const char *organisation;
	const char *q, *sector, *kind;	/* as searched; "" = all */
};
void data_page(struct html *, const struct data_view *);

struct sandbox_set;

struct data_set_view {
	const struct schema *schema, *newest;	/* the same in its newest version */
	const struct dataset *served;	/* NULL: documented, not given here */
	const char *public_url;
	const char *const *receivers;	/* names, NULL-terminated; NULL: untold */
	const struct sandbox_set *sets;	/* synthetic ones; those of it are shown */
	size_t set_n;
};
void data_set_page(struct html *, const struct data_set_view *);

/* Its place: "/data/energy.contract", or "/data/energy.contract@1" when there is
 * a newer one. */
const char *data_place(const struct html *, const struct schema *,
    const struct schema *newest);

/* "every day" for P1D, or the duration itself. */
const char *data_every(const struct html *, const char *duration);

#endif
