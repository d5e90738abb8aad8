/* SPDX-License-Identifier: Apache-2.0 */
/* GET /me/data: what a customer may take away for herself, without a recipient. */
#include "catalogue/catalogue.h"
#include "consent/session.h"
#include "http/call.h"
#include "pages/layout.h"
#include "pages/me_page.h"
#include "routes/routes.h"

static enum next
show(struct call *c)
{
	struct layout l;

	layout_init(&l, c, call_lang(c));
	layout_begin(&l, "mydata.title");
	my_data_page(&l.h, c->house->catalogue);
	return layout_end(&l, 200);
}

static const struct step me_data_steps[] = {
	{ "find session", session_find },
	{ "know customer", session_know },
	{ "is it hers", session_require },
	{ "show", show },
	{ NULL, NULL }
};

const struct route route_me_data = {
	.method = "GET", .path = "/me/data", .steps = me_data_steps,
	.kind = ROUTE_PAGE
};
