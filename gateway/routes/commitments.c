/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /commitments: what this counter promises, and how it keeps it now.
 *
 * The figures count every permission: this worker asks at most twice a minute,
 * whoever looks.
 */
#include "base/clock.h"
#include "base/settings.h"
#include "consent/session.h"
#include "http/call.h"
#include "pages/commitments_page.h"
#include "pages/layout.h"
#include "routes/routes.h"

enum { KEPT_S = 30, WAYS = 5 };	/* pull, Cozy, Solid, webhook, WebDAV */

static struct commitments_view kept;
static int64_t kept_s;

static enum next
know(struct call *c)
{
	if (kept.known && clock_s() - kept_s < KEPT_S)
		return NEXT;
	return call_ask_anyway(c, c->house->db, SQL_COMMITMENTS, PARAMS_NONE);
}

static void
take_figures(const struct rows *r)
{
	kept = (struct commitments_view){
		.known = true,
		.since_us = row_time(r, 0, "since"),
		.given = row_int(r, 0, "given"),
		.withdrawn = row_int(r, 0, "withdrawn"),
		.grants = row_int(r, 0, "live"),
		.recipients = row_int(r, 0, "recipients"),
		.delay_s = row_null(r, 0, "delay") ? -1 :
		    row_int(r, 0, "delay"),
		.size = row_int(r, 0, "size"),
		.checkpoint_us = row_time(r, 0, "signed"),
		.formats = WAYS
	};
	kept_s = clock_s();
}

static enum next
show(struct call *c)
{
	struct commitments_view v;
	struct layout l;

	if (c->failure == 0 && c->rows != NULL && rows_count(c->rows) == 1)
		take_figures(c->rows);
	v = kept;
	v.delay_s = v.known ? v.delay_s : -1;
	v.formats = WAYS;
	v.catalogue = c->house->catalogue;
	v.organisation = c->house->settings->organisation_name;
	layout_init(&l, c, call_lang(c));
	l.wide = true;
	layout_begin(&l, "commit.title");
	commitments_page(&l.h, &v);
	return layout_end(&l, 200);
}

static const struct step steps[] = {
	{ "know", know },
	{ "show", show },
	{ NULL, NULL }
};

const struct route route_commitments = {
	.method = "GET", .path = "/commitments", .steps = steps,
	.kind = ROUTE_PAGE
};
