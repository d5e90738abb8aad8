/* SPDX-License-Identifier: Apache-2.0 */
/* receipt_page.h - a receipt is shown to us: what it proves, in plain words. */
#ifndef RECEIPT_PAGE_H
#define RECEIPT_PAGE_H
#include "consent/receipt_check.h"
#include "pages/html.h"

struct receipt_view {
	bool asked;			/* something was sent */
	struct receipt_check check;
	const char *state;		/* of its permission now; NULL: unknown */
	int64_t expires_us, ended_us;	/* as it is now */
};
void receipt_page(struct html *, const struct receipt_view *);

#endif
