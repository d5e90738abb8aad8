/* SPDX-License-Identifier: Apache-2.0 */
/* door_page.h - what a stranger sees: what this counter is, and signing in. */
#ifndef DOOR_PAGE_H
#define DOOR_PAGE_H
#include "pages/html.h"

struct home_view {
	const char *organisation;
	const struct catalogue *catalogue;	/* what can be had here */
	bool known;				/* signed in */
};
void home_page(struct html *, const struct home_view *);

struct login_view {
	const char *organisation;
	const char *next;		/* a path of ours */
	const char *login;		/* as typed, after a refusal */
	const char *client;		/* who asks, when that is why; or NULL */
	bool refused;
	const struct rows *people;	/* a sandbox: sandbox_people.sql; or NULL */
	const char *token;		/* against a form of somebody else */
};
void login_page(struct html *, const struct login_view *);

#endif
