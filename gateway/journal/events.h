/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events.h - the closed vocabulary: everything a journal line can tell.
 *
 * Reports, facets and the customer's own page speak these words, in French and
 * in English. A new kind of event is one line in events.c.
 */
#ifndef EVENTS_H
#define EVENTS_H
#include <stddef.h>
#include "catalogue/catalogue.h"	/* struct wording */
#include "journal/line.h"		/* enum journal_log */

struct event_kind {
	const char *name;		/* "pull.begun" */
	enum journal_log log;		/* its retention class */
	const char *family;		/* a facet: "pull" */
	struct wording said;		/* one short sentence, no full stop */
};
extern const struct event_kind event_kinds[];	/* sorted by name */
extern const size_t event_kind_count;

const struct event_kind *event_find(const char *name);	/* NULL: no such word */

#endif
