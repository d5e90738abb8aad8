/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /v1/datasets: what this token may read, and since when until when.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/jw.h"
#include "base/settings.h"
#include "catalogue/catalogue.h"
#include "consent/access.h"
#include "consent/details.h"
#include "http/call.h"
#include "routes/routes.h"

static void
optional(struct jw *w, const char *key, const char *value)
{
	if (value != NULL)
		jw_str_member(w, key, value);
}

static void
write_wording(struct jw *w, const char *key, const struct wording *said)
{
	jw_key(w, key);
	jw_object(w);
	jw_str_member(w, "en", said->in[LANG_EN]);
	jw_str_member(w, "fr", said->in[LANG_FR]);
	jw_end_object(w);
}

static void
write_accounts(struct jw *w, const char *const *accounts)
{
	if (accounts == NULL)
		return;
	jw_key(w, "accounts");
	jw_array(w);
	while (*accounts != NULL)
		jw_string(w, *accounts++);
	jw_end_array(w);
}

static void
write_dataset(struct jw *w, struct call *c, const struct schema *s,
    const struct detail *d)
{
	jw_object(w);
	jw_str_member(w, "id", s->id);
	jw_int_member(w, "version", s->version);
	write_wording(w, "title", &s->title);
	optional(w, "from", d->from);
	optional(w, "to", d->to);
	optional(w, "granularity", d->granularity);
	write_accounts(w, d->accounts);
	optional(w, "update_frequency", s->frequency);
	jw_str_member(w, "href", arena_printf(c->arena, "%s/v1/datasets/%s",
	    c->house->settings->public_url, s->id));
	jw_end_object(w);
}

static enum next
list(struct call *c)
{
	struct buf out;
	struct jw w;

	buf_init_in(&out, c->arena);
	jw_init(&w, &out);
	jw_object(&w);
	jw_key(&w, "datasets");
	jw_array(&w);
	for (size_t i = 0; i < catalogue_count(c->house->catalogue); i++) {
		const struct schema *s =
		    catalogue_at(c->house->catalogue, i)->schema;
		const struct detail *d = access_covers(c->access, s->id);

		if (d != NULL)
			write_dataset(&w, c, s, d);
	}
	jw_end_array(&w);
	jw_end_object(&w);
	call_reply_field(c, "Cache-Control", "no-store");
	return call_answer_buf(c, 200, "application/json", &out);
}

static const struct step steps[] = {
	{ "find token",		access_find },
	{ "check token",	access_check },
	{ "list",		list },
	{ NULL,			NULL }
};

const struct route route_datasets = {
	"GET", "/v1/datasets", steps, .kind = ROUTE_API
};
