/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /data/{id}: one data set; GET /data/{id}/schema.json: the same for
 * programs, JSON Schema 2020-12.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/settings.h"
#include "consent/session.h"
#include "crypto/hash.h"
#include "http/call.h"
#include "http/condition.h"
#include "pages/data_page.h"
#include "pages/layout.h"
#include "routes/routes.h"

static const struct schema *
schema_named(struct call *c)
{
	const char *id = call_path_arg(c, "id");
	const struct schema *const *s = catalogue_schemas(c->house->catalogue);

	while (*s != NULL && strcmp((*s)->id, id) != 0)
		s++;
	return *s;
}

static enum next
find(struct call *c)
{
	const struct schema *s = schema_named(c);
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
	const struct schema *s = schema_named(c);
	struct data_set_view v = { .schema = s,
	    .served = dataset_find(c->house->catalogue, s->id),
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
	const struct schema *s = schema_named(c);
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
