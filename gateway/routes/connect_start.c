/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /connect: where a customer begins. What she may have her records sent
 * to, how one gets one, and why she will approve twice.
 * Nobody needs to be signed in to read this.
 */
#include <string.h>
#include "base/arena.h"
#include "base/settings.h"
#include "consent/session.h"
#include "pages/connect_page.h"
#include "pages/layout.h"
#include "routes/clouds.h"
#include "routes/routes.h"

static enum next
show(struct call *c)
{
	struct clouds *all = c->own;
	struct connect_start_view v = {
		.organisation = c->house->settings->organisation_name
	};
	struct layout l;

	clouds_take(c, all);
	v.kinds = all->list;
	v.kind_count = all->n;
	layout_init(&l, c, call_lang(c));
	l.wide = true;
	layout_begin(&l, "start.title");
	connect_start_page(&l.h, &v);
	return layout_end(&l, 200);
}

static const struct step start_steps[] = {
	{ "find session", session_find },
	{ "know customer", session_know },
	{ "ask clouds", clouds_ask },
	{ "show", show },
	{ NULL, NULL }
};

const struct route route_connect_start = {
	.method = "GET", .path = "/connect", .steps = start_steps,
	.own_size = sizeof(struct clouds), .kind = ROUTE_PAGE
};
