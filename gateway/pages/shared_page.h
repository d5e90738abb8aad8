/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shared_page.h - what somebody allowed who holds the data with her: she sees it,
 * and agrees, refuses or objects.
 */
#ifndef SHARED_PAGE_H
#define SHARED_PAGE_H
#include "pages/me_page.h"

/* Her part of /me; nothing when there is none. */
void shared_list(struct html *, const struct me_view *);

struct shared_view {
	const struct me_grant *grant;
	const char *closed;		/* why she may not agree, or NULL */
	const char *csrf;
	const struct catalogue *catalogue;
};
void shared_page(struct html *, const struct shared_view *);

#endif
