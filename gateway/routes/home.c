/* SPDX-License-Identifier: Apache-2.0 */
/* GET /: what this counter is, and the way in. */
#include "base/settings.h"
#include "consent/session.h"
#include "http/call.h"
#include "pages/door_page.h"
#include "pages/layout.h"
#include "routes/routes.h"

static enum next
show(struct call *c)
{
	struct home_view v = {
		.organisation = c->house->settings->organisation_name,
		.catalogue = c->house->catalogue,
		.known = c->session != NULL
	};
	struct layout l;

	layout_init(&l, c, call_lang(c));
	l.wide = true;
	layout_begin(&l, "home.title");
	home_page(&l.h, &v);
	return layout_end(&l, 200);
}

static const struct step home_steps[] = {
	{ "find session", session_find },
	{ "know customer", session_know },
	{ "show", show },
	{ NULL, NULL }
};

const struct route route_home = {
	.method = "GET", .path = "/", .steps = home_steps, .kind = ROUTE_PAGE
};
