/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /developers, /developers/errors, /developers/changes: the pages a PIMS'
 * developer reads; GET /developers/openapi.json: all of it for programs.
 *
 * The description is one asset, written by hand and held against the table of
 * routes by a test; this counter's address is put in its place here.
 */
#include <string.h>
#include "base/settings.h"
#include "consent/session.h"
#include "http/call.h"
#include "http/condition.h"
#include "pages/assets.h"
#include "pages/developers_page.h"
#include "pages/layout.h"
#include "routes/routes.h"

static enum next
show_start(struct call *c)
{
	struct developers_view v = {
		.organisation = c->house->settings->organisation_name,
		.public_url = c->house->settings->public_url,
		.sandbox = c->house->settings->sandbox };
	struct layout l;

	layout_init(&l, c, call_lang(c));
	l.full = true;
	layout_begin(&l, "dev.title");
	developers_page(&l.h, &v);
	return layout_end(&l, 200);
}

static enum next
show_errors(struct call *c)
{
	struct layout l;

	layout_init(&l, c, call_lang(c));
	l.wide = true;
	layout_begin(&l, "dev.errors");
	errors_page(&l.h);
	return layout_end(&l, 200);
}

static enum next
show_changes(struct call *c)
{
	struct layout l;

	layout_init(&l, c, call_lang(c));
	l.wide = true;
	layout_begin(&l, "dev.changes");
	changes_page(&l.h);
	return layout_end(&l, 200);
}

/* ---- for programs ---- */

static enum next
send_openapi(struct call *c)
{
	static const char here[] = "https://counter.example";
	const struct asset *a = assets_table;
	const char *data, *at;
	struct buf b;

	while (strcmp(a->name, "openapi.json") != 0)
		a++;
	data = a->data;
	at = memmem(data, a->size, here, sizeof(here) - 1);
	buf_init_in(&b, c->arena);
	if (at != NULL) {
		buf_add(&b, data, (size_t)(at - data));
		buf_str(&b, c->house->settings->public_url);
		data = at + sizeof(here) - 1;
	}
	buf_add(&b, data, a->size - (size_t)(data - (const char *)a->data));
	call_reply_field(c, "Cache-Control", "public, max-age=300");
	call_reply_field(c, "Access-Control-Allow-Origin", "*");
	return call_answer_packed(c, 200, "application/openapi+json", &b);
}

#define STEPS(name, fn) static const struct step name[] = { \
	{ "show", fn }, { NULL, NULL } }
STEPS(start_steps, show_start);
STEPS(error_steps, show_errors);
STEPS(change_steps, show_changes);
STEPS(openapi_steps, send_openapi);

const struct route route_developers = {
	.method = "GET", .path = "/developers", .steps = start_steps,
	.kind = ROUTE_PAGE
};
const struct route route_developers_errors = {
	.method = "GET", .path = "/developers/errors", .steps = error_steps,
	.kind = ROUTE_PAGE
};
const struct route route_developers_changes = {
	.method = "GET", .path = "/developers/changes", .steps = change_steps,
	.kind = ROUTE_PAGE
};
const struct route route_developers_openapi = {
	"GET", "/developers/openapi.json", openapi_steps, .kind = ROUTE_API
};
