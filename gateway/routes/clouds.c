/* SPDX-License-Identifier: Apache-2.0 */
/* clouds.c - what a customer may have her records sent to. */
#include "routes/clouds.h"
#include <string.h>
#include "base/arena.h"

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
