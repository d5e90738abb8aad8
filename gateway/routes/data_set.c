/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /data/{id}: one data set, in its newest version or another; GET /data/{id}/schema.json: the same for
 * programs, JSON Schema 2020-12.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/settings.h"
#include "base/text.h"
#include "consent/session.h"
#include "crypto/hash.h"
#include "http/call.h"
#include "http/condition.h"
#include "pages/data_page.h"
#include "pages/layout.h"
#include "routes/routes.h"

/* "energy.contract", or an older version of it, "energy.contract@1". */
static const struct schema *
schema_named(struct call *c, const struct schema **newest)
{
	const char *id = call_path_arg(c, "id"), *at = strchr(id, '@');
	size_t n = at == NULL ? strlen(id) : (size_t)(at - id);
	const struct schema *const *all = catalogue_schemas(c->house->catalogue);
	const struct schema *s;
	int64_t version;

	while (*all != NULL && (strlen((*all)->id) != n ||
	    strncmp((*all)->id, id, n) != 0))
		all++;
	s = *newest = *all;
	if (at == NULL)
		return s;
	if (parse_int(&version, at + 1, 1, INT32_MAX) < 0)
		return NULL;
	while (s != NULL && s->version != version)
		s = s->older;
	return s;
}

static enum next
find(struct call *c)
{
	const struct schema *newest, *s = schema_named(c, &newest);
	struct params p;

	if (s == NULL)
		return call_refuse(c, 404, "no_such_dataset",
		    "there is no such data set here");
	params_init(&p);
	params_text(&p, s->id);
	return call_ask_anyway(c, c->house->db, SQL_DATA_RECEIVERS, &p);
}

static const char *const *
receivers(struct call *c)
{
	const char **names;
	int n;

	if (c->failure < 0)
		return NULL;		/* the page says nothing, rather */
	n = rows_count(c->rows);
	names = arena_alloc(c->arena, ((size_t)n + 1) * sizeof(*names));
	for (int i = 0; i < n; i++)
		names[i] = row_text(c->rows, i, "name");
	return names;
}

static enum next
show(struct call *c)
{
	const struct schema *newest, *s = schema_named(c, &newest);
	struct data_set_view v = { .schema = s, .newest = newest,
	    .served = dataset_version(c->house->catalogue, s->id, s->version),
	    .public_url = c->house->settings->public_url,
	    .receivers = receivers(c) };
	struct layout l;

	layout_init(&l, c, call_lang(c));
	l.full = true;
	layout_begin(&l, "data.title");
	data_set_page(&l.h, &v);
	return layout_end(&l, 200);
}

static const struct step steps[] = {
	{ "find", find },
	{ "show", show },
	{ NULL, NULL }
};

const struct route route_data_set = {
	.method = "GET", .path = "/data/{id}", .steps = steps,
	.kind = ROUTE_PAGE
};

/* ---- for programs ---- */

static void
forget_text(void *text)
{
	free(text);
}

static enum next
send_schema(struct call *c)
{
	const struct schema *newest, *s = schema_named(c, &newest);
	uint8_t digest[SHA256_SIZE];
	char etag[ETAG_MAX], *text;
	struct buf b;

	if (s == NULL)
		return call_refuse(c, 404, "no_such_dataset",
		    "there is no such data set here");
	text = json_dumps(s->document, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	if (text == NULL)
		return call_refuse(c, 500, "internal_error",
		    "the schema cannot be written");
	arena_defer(c->arena, forget_text, text);
	b = (struct buf){ .data = text, .len = strlen(text) };
	sha256(digest, text, b.len);
	etag_make(etag, digest, 16);
	call_reply_field(c, "Cache-Control", "public, max-age=300");
	if (call_unless_had(c, etag) == DONE)
		return DONE;
	return call_answer_packed(c, 200, "application/schema+json", &b);
}

static const struct step schema_steps[] = {
	{ "send", send_schema },
	{ NULL, NULL }
};

const struct route route_data_schema = {
	"GET", "/data/{id}/schema.json", schema_steps, .kind = ROUTE_API
};
