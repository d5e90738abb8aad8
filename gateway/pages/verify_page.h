/* SPDX-License-Identifier: Apache-2.0 */
/* verify_page.h - what was proven of the journal, and to what checkpoint. */
#ifndef VERIFY_PAGE_H
#define VERIFY_PAGE_H
#include <stdint.h>
#include "pages/html.h"

struct rows;

struct verify_view {
	const struct rows *checks;
	const char *csrf;
	bool asked;
};
void verify_page(struct html *, const struct verify_view *);

#endif
