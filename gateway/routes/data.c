/* SPDX-License-Identifier: Apache-2.0 */
/* GET /data: what can be had here, searched. Public; nothing of a person. */
#include <string.h>
#include "base/settings.h"
#include "consent/session.h"
#include "http/call.h"
#include "pages/data_page.h"
#include "pages/layout.h"
#include "routes/routes.h"

enum { SEARCH_MAX = 80 };

static const char *
asked(struct call *c, const char *name)
{
	const char *value = call_query_arg(c, name);

	return value == NULL || strlen(value) > SEARCH_MAX ? "" : value;
}

static enum next
show(struct call *c)
{
	struct data_view v = {
		.catalogue = c->house->catalogue,
		.organisation = c->house->settings->organisation_name,
		.q = asked(c, "q"), .sector = asked(c, "sector"),
		.kind = asked(c, "kind")
	};
	struct layout l;

	layout_init(&l, c, call_lang(c));
	l.full = true;
	layout_begin(&l, "data.title");
	data_page(&l.h, &v);
	return layout_end(&l, 200);
}

static const struct step steps[] = {
	{ "show", show },
	{ NULL, NULL }
};

const struct route route_data = {
	.method = "GET", .path = "/data", .steps = steps, .kind = ROUTE_PAGE
};
