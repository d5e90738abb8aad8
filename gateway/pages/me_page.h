/* SPDX-License-Identifier: Apache-2.0 */
/*
 * me_page.h - the customer's own pages: who receives what, what left, and the
 * way to stop it.
 */
#ifndef ME_PAGE_H
#define ME_PAGE_H
#include "pages/html.h"

struct event_kind;

struct me_grant {
	const char *id, *client_id, *client_name;
	const char *client_uri;			/* or NULL */
	const char *kind;			/* oauth, cozy, solid */
	const char *state, *ended_by;		/* as in guichet.grants */
	const char *address;			/* of the personal cloud, or NULL */
	const char **datasets;			/* ids, NULL-terminated */
	int64_t from_us, to_us;			/* the dates it covers; 0 = open */
	int64_t created_us, expires_us, ended_us;
	int64_t last_us;			/* of the last record; 0 = none */
	int64_t records;			/* since the beginning */
	int64_t first_day_us, last_day_us;	/* what they are about; last 0 =
						 * not told */
	int64_t days_max;			/* from today, if she extends */
	bool beginning;				/* the first delivery goes on */
	bool opened;				/* her cloud lets us in */
	int64_t awaits, awaits_until_us;	/* who holds with her: answers */
	int64_t holders;			/* how many were asked or told */
	/* what somebody gave who holds with her: her own answer (awaited, agreed,
	 * told, refused), and what for; NULL: she gave it herself */
	const char *answer, *purpose;
	const char *stuck;			/* why deliveries were given up:
						 * "gone: ..."; NULL = they go on */
};

struct me_event {
	int64_t at_us;
	const char *event;			/* "consent.given" */
	const struct event_kind *kind;		/* its vocabulary, or NULL */
	const char *to;				/* name of the PIMS, or NULL */
	const struct wording *dataset;		/* its title, or NULL */
	int64_t records;			/* -1 = none told */
	int64_t first_day_us, last_day_us;	/* as of a grant */
	int64_t times;				/* that day */
	const char *outcome;
};

struct me_view {
	const char *name;
	const struct me_grant *grants;		/* newest first */
	size_t grant_count;
	const struct me_grant *shared;		/* given by who holds with her */
	size_t shared_count;
	const struct me_event *events;
	size_t event_count;
	const char *older;			/* link to older events, or NULL */
	const char *csrf;
	const char *withdrawn;			/* name of whom it was, or NULL */
	const char *done, *done_to;		/* "pause"..., whose; or NULL */
	int64_t now_us;
	const struct catalogue *catalogue;
};

bool me_grant_live(const struct me_grant *);
/* The cards' own parts, for those of shared_page.c. */
void me_grant_head(struct html *, const struct me_grant *);
void me_grant_facts(struct html *, const struct catalogue *,
    const struct me_grant *);
void me_page(struct html *, const struct me_view *);

/* What she may download, each in two forms. */
void my_data_page(struct html *, const struct catalogue *);

struct withdraw_view {
	const struct me_grant *grant;
	const char *csrf;
	const struct catalogue *catalogue;
};
void withdraw_page(struct html *, const struct withdraw_view *);

#endif
