/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commitments_page.h - the five commitments of Self Data, each with the figure
 * that shows how this counter keeps it.
 *
 * The terms are the pilot's (MesInfos, Fing, 2016): durable restitution, the
 * individual's control, transparency, openness, fair sharing of value.
 */
#ifndef COMMITMENTS_PAGE_H
#define COMMITMENTS_PAGE_H
#include "pages/html.h"

struct commitments_view {
	const struct catalogue *catalogue;
	const char *organisation;
	bool known;			/* the figures of the database are there */
	int64_t since_us;		/* first consent given; 0 = none yet */
	int64_t grants, recipients;	/* live now; who may receive */
	int64_t given, withdrawn;	/* consents, ever */
	int64_t delay_s;		/* how old the newest known change is; -1 */
	int64_t size, checkpoint_us;	/* of the log of what left */
	int64_t formats;		/* ways to receive: connectors and pull */
};
void commitments_page(struct html *, const struct commitments_view *);

#endif
