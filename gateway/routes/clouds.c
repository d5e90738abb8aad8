/* SPDX-License-Identifier: Apache-2.0 */
/* clouds.c - what a customer may have her records sent to. */
#include "routes/clouds.h"
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "pages/layout.h"
#include "push/connector.h"

enum next
clouds_ask(struct call *c)
{
	return call_ask(c, c->house->db, SQL_CLIENT_CLOUDS, PARAMS_NONE);
}

static const char *
text(struct call *c, int i, const char *column)
{
	return arena_strdup(c->arena, row_text(c->rows, i, column));
}

void
clouds_take(struct call *c, struct clouds *all)
{
	for (int i = 0; i < rows_count(c->rows) && i < CLOUDS_MAX; i++)
		all->list[all->n++] = (struct connect_kind){
			.client_id = text(c, i, "id"),
			.kind = text(c, i, "kind"),
			.name = text(c, i, "name"),
			.how = { { text(c, i, "how_en"), text(c, i, "how_fr") } },
			.how_url = text(c, i, "how_url"),
			.linked = row_bool(c->rows, i, "linked")
		};
}

const struct connect_kind *
clouds_find(const struct clouds *all, const char *id)
{
	for (size_t i = 0; id != NULL && i < all->n; i++)
		if (strcmp(all->list[i].client_id, id) == 0)
			return &all->list[i];
	return NULL;
}

/* ---- what came of knocking ---- */

static const char *
done_path(struct call *c, const struct uuid *grant)
{
	char text[UUID_TEXT];

	uuid_text(text, grant);
	return arena_printf(c->arena, "/connect/callback/%s", text);
}

struct connect_next_view
clouds_next(struct call *c, const struct connect_told *t, const char *name)
{
	return (struct connect_next_view){
		.name = name,
		.host = arena_strdup(c->arena, t->host),
		.url = arena_strdup(c->arena, t->url),
		.webid = arena_strdup(c->arena, t->webid),
		.container = arena_strdup(c->arena, t->container),
		.acl = arena_strdup(c->arena, t->acl),
		.done = t->waits ? done_path(c, &t->grant) : NULL
	};
}

enum next
clouds_go_on(struct call *c, const struct connect_next_view *v, enum lang lang)
{
	struct layout l;

	layout_init(&l, c, lang);
	layout_begin(&l, "next.title");
	connect_next_page(&l.h, v);
	return layout_end(&l, 200);
}

enum next
clouds_refuse(struct call *c, int failure, const char *why)
{
	static const struct { int failure, status; const char *code; } told[] = {
	    { E_DENIED, 403, "not_approved" },
	    { E_NOT_FOUND, 404, "no_such_connection" },
	    { E_EXPIRED, 410, "connection_ended" },
	    { E_BAD_INPUT, 502, "cloud_refused" } };

	for (size_t i = 0; i < countof(told); i++)
		if (told[i].failure == failure)
			return call_refuse(c, told[i].status, told[i].code,
			    "%s", why);
	call_reply_field(c, "Retry-After", "10");
	if (failure == E_CONFLICT)
		return call_refuse(c, 503, "not_yet", "%s", why);
	return call_refuse(c, 503, "cloud_away", "%s", why);
}
