/* SPDX-License-Identifier: Apache-2.0 */
/* GET /staff: the hall; which pages are this colleague's. */
#include "consent/session.h"
#include "consent/staff.h"
#include "pages/layout.h"
#include "pages/staff_page.h"
#include "routes/routes.h"

static enum next
show(struct call *c)
{
	struct layout l;

	layout_init(&l, c, call_lang(c));
	l.wide = true;
	layout_begin(&l, "staff.title");
	staff_hall_page(&l.h, c->staff);
	return layout_end(&l, 200);
}

static const struct step steps[] = {
	{ "find staff", staff_find },
	{ "know staff", staff_know },
	{ "is it staff", staff_require },
	{ "show", show },
	{ NULL, NULL }
};

const struct route route_staff = {
	.method = "GET", .path = "/staff", .steps = steps, .kind = ROUTE_PAGE
};
