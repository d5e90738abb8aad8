/* SPDX-License-Identifier: Apache-2.0 */
/* status_page.h - does the counter work? Each part in plain words, for anybody. */
#ifndef STATUS_PAGE_H
#define STATUS_PAGE_H
#include "pages/html.h"

enum health { WORKS, SLOW, AWAY };

struct status_view {
	enum health permissions;	/* signing in, giving, withdrawing */
	enum health data;		/* reading at the organisation */
	const struct schema *const *absent;	/* which cannot be read now */
	size_t absent_n;
	enum health sending;		/* to personal clouds */
	enum health record;		/* the journal and its seal */
	int64_t now_us;
};
void status_page(struct html *, const struct status_view *);

#endif
