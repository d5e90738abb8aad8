/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mapping_page.h - for colleagues: where each field comes from.
 *
 * It names the organisation's tables and shows its SQL: not for the public.
 */
#ifndef MAPPING_PAGE_H
#define MAPPING_PAGE_H
#include "catalogue/origin.h"
#include "pages/html.h"

struct mapping_set {
	const struct dataset *dataset;
	const struct origin *origins;	/* of its columns */
	size_t n;
};

struct mapping_view {
	const struct mapping_set *sets;
	size_t n;
	const char *organisation;
	int64_t made_us;
};
/* One table a data set, and what each of the organisation's tables gives. */
void mapping_page(struct html *, const struct mapping_view *);

#endif
