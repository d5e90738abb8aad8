/* SPDX-License-Identifier: Apache-2.0 */
/* staff_page.h - the door and the hall of the organisation's own people. */
#ifndef STAFF_PAGE_H
#define STAFF_PAGE_H
#include "pages/html.h"

struct staff;

struct staff_login_view {
	const char *organisation;
	const char *next;		/* a path of ours */
	const char *login;		/* as typed, after a refusal */
	bool refused;
	const char *token;		/* against a form of somebody else */
};
void staff_login_page(struct html *, const struct staff_login_view *);

/* What there is for colleagues, and for whom. A new room is one line in
 * staff_page.c, and its words "staff.room.NAME" and "staff.room.NAME.text". */
struct staff_room { const char *path, *name; unsigned roles; };
extern const struct staff_room staff_rooms[];	/* ends with a NULL path */
void staff_hall_page(struct html *, const struct staff *);

#endif
