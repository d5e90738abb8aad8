/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /audit/verify: what was last proven of each log; POST asks for it anew. The
 * journal's own process does it (recheck.h).
 */
#include "consent/session.h"
#include "consent/staff.h"
#include "journal/line.h"
#include "pages/layout.h"
#include "pages/verify_page.h"
#include "routes/routes.h"

static enum next
allow(struct call *c)
{
	return staff_allow(c, STAFF_AUDITOR | STAFF_DPO);
}

static enum next
ask_checks(struct call *c)
{
	return call_ask(c, c->house->db, SQL_CHECK_LIST, PARAMS_NONE);
}

static enum next
show(struct call *c)
{
	struct verify_view v = { .checks = c->rows, .csrf = c->staff->csrf,
	    .asked = call_query_arg(c, "asked") != NULL };
	struct layout l;

	layout_init(&l, c, call_lang(c));
	layout_begin(&l, "verify.title");
	verify_page(&l.h, &v);
	return layout_end(&l, 200);
}

static const struct step steps[] = {
	{ "find staff", staff_find },
	{ "know staff", staff_know },
	{ "is it staff", staff_require },
	{ "may she", allow },
	{ "ask", ask_checks },
	{ "show", show },
	{ NULL, NULL }
};

const struct route route_audit_verify = {
	.method = "GET", .path = "/audit/verify", .steps = steps,
	.kind = ROUTE_PAGE
};

static enum next
ask_for_it(struct call *c)
{
	struct line line = { .event = "access.read", .outcome = "verification",
	    .records = -1, .bytes = -1, .actor = staff_actor(c->staff->roles),
	    .by = c->staff->id_text, .call = c->id };
	struct line_row row;
	struct params p;

	line_make(&row, c->arena, &line);
	params_init(&p);
	line_params(&p, &row);
	return call_ask(c, c->house->db, SQL_CHECK_ASK, &p);
}

static enum next
go_back(struct call *c)
{
	return call_redirect(c, "/audit/verify?asked=1");
}

static const struct step post_steps[] = {
	{ "find staff", staff_find },
	{ "know staff", staff_know },
	{ "is it staff", staff_require },
	{ "is it ours", staff_form },
	{ "may she", allow },
	{ "ask for it", ask_for_it },
	{ "go back", go_back },
	{ NULL, NULL }
};

const struct route route_audit_verify_post = {
	.method = "POST", .path = "/audit/verify", .steps = post_steps,
	.body_max = 1024, .kind = ROUTE_PAGE
};
