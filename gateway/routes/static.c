/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /static/{name}: the style sheet, the picture and the receipt's JSON
 * Schema, from the program itself.
 *
 * The address in our pages carries the mark of the content, so that browsers
 * may keep it for a year; without it, they ask again.
 */
#include <string.h>
#include "base/arena.h"
#include "http/call.h"
#include "pages/assets.h"
#include "pages/layout.h"
#include "routes/routes.h"

static const char *
type_of(const char *name)
{
	static const struct { const char *end, *type; } types[] = {
	    { ".css", "text/css; charset=utf-8" },
	    { ".svg", "image/svg+xml" },
	    { ".json", "application/schema+json" } };
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot != NULL && i < countof(types); i++)
		if (strcmp(dot, types[i].end) == 0)
			return types[i].type;
	return NULL;		/* a PO file is no asset of a page */
}

static enum next
send_asset(struct call *c)
{
	const char *name = call_path_arg(c, "name"), *type = type_of(name);
	const char *mark = call_query_arg(c, "v");
	const struct asset *a = assets_table;

	while (a->name != NULL && strcmp(a->name, name) != 0)
		a++;
	if (a->name == NULL || type == NULL)
		return call_refuse(c, 404, "not_found", "there is no such file");
	call_reply_field(c, "Content-Security-Policy",
	    "default-src 'none'");
	call_reply_field(c, "Cache-Control", "public, max-age=%d%s",
	    mark == NULL ? 300 : 31536000, mark == NULL ? "" : ", immutable");
	return call_answer(c, 200, type, a->data, a->size);
}

static const struct step static_steps[] = {
	{ "send", send_asset },
	{ NULL, NULL }
};

const struct route route_static = {
	.method = "GET", .path = "/static/{name}", .steps = static_steps,
	.kind = ROUTE_PAGE
};
