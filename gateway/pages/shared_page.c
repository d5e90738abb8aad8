/* SPDX-License-Identifier: Apache-2.0 */
/* shared_page.c - what somebody allowed who holds the data with her. */
#include "pages/shared_page.h"
#include <string.h>
#include "base/arena.h"
#include "pages/parts.h"

static bool
awaited(const struct me_grant *g)
{
	return me_grant_live(g) && strcmp(g->answer, "awaited") == 0;
}

static void
card(struct html *h, const struct me_view *v, const struct me_grant *g)
{
	h_open(h, "li", "class", "card", NULL);
	me_grant_head(h, g);
	me_grant_facts(h, v->catalogue, g);
	if (me_grant_live(g)) {
		h_open(h, "div", "class", "actions", NULL);
		h_say(h, "a", awaited(g) ? "shared.answer" : "shared.object",
		    "class", "button", "href", arena_printf(h->arena,
		    "/me/shared/%s", g->id), "aria-describedby",
		    arena_printf(h->arena, "g-%s", g->id), NULL);
		h_close(h, "div");
	}
	h_close(h, "li");
}

void
shared_list(struct html *h, const struct me_view *v)
{
	if (v->shared_count == 0)
		return;
	h_say(h, "h2", "shared.list", NULL);
	h_say(h, "p", "shared.hint", "class", "hint", NULL);
	h_open(h, "ul", "class", "cards", NULL);
	for (size_t i = 0; i < v->shared_count; i++)
		card(h, v, &v->shared[i]);
	h_close(h, "ul");
}

static void
lead(struct html *h, const struct me_grant *g)
{
	const char *id = !me_grant_live(g) ? "shared.lead.ended" :
	    awaited(g) ? "shared.lead.awaited" :
	    strcmp(g->answer, "agreed") == 0 ? "shared.lead.agreed" :
	    "shared.lead.told";

	h_element(h, "p", h_fill(h, id, "client", g->client_name, "date",
	    h_date(h, g->awaits_until_us), NULL), "class", "lead", NULL);
}

static void
answers(struct html *h, const struct shared_view *v)
{
	const struct me_grant *g = v->grant;
	bool agree = awaited(g) && v->closed == NULL;

	h_open(h, "form", "method", "post", "action",
	    arena_printf(h->arena, "/me/shared/%s", g->id), NULL);
	part_hidden(h, "csrf", v->csrf);
	h_open(h, "div", "class", "two", NULL);
	h_say(h, "button", awaited(g) ? "shared.refuse" : "shared.object",
	    "class", "button", "type", "submit", "name", "decision", "value",
	    "refuse", NULL);
	if (agree)
		h_say(h, "button", "shared.agree", "class", "button", "type",
		    "submit", "name", "decision", "value", "allow", NULL);
	else
		h_say(h, "a", "shared.keep", "class", "button", "href", "/me",
		    NULL);
	h_close(h, "div");
	h_close(h, "form");
}

void
shared_page(struct html *h, const struct shared_view *v)
{
	const struct me_grant *g = v->grant;

	h_element(h, "h1", h_fill(h, "shared.h1", "client", g->client_name,
	    NULL), NULL);
	lead(h, g);
	me_grant_facts(h, v->catalogue, g);
	if (awaited(g) && v->closed != NULL)
		h_element(h, "p", part_reason(h, v->closed), "class", "fault",
		    NULL);
	if (me_grant_live(g))
		answers(h, v);
	h_open(h, "p", "class", "hint", NULL);
	h_say(h, "a", "me.back", "href", "/me", NULL);
	h_close(h, "p");
}
