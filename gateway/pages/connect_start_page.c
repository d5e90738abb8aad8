/* SPDX-License-Identifier: Apache-2.0 */
/* connect_start_page.c - where a customer begins: which cloud, how to get one. */
#include "base/arena.h"
#include "pages/connect_page.h"
#include "pages/layout.h"

static void
picture(struct html *h, const char *name)
{
	h_void(h, "img", "src", layout_asset(h->arena, name), "alt", "", "width",
	    "56", "height", "56", NULL);
}

static const char *
how(struct html *h, const struct connect_kind *k)
{
	const char *said = k->how.in[h->lang];

	return said != NULL ? said : h_word(h,
	    arena_printf(h->arena, "start.how.%s", k->kind));
}

static void
kind(struct html *h, const struct connect_kind *k)
{
	const char *heading = arena_printf(h->arena, "k-%s", k->client_id);

	h_open(h, "li", "class", "card cloud", NULL);
	picture(h, arena_printf(h->arena, "kind-%s.svg", k->kind));
	h_element(h, "h3", k->name, "id", heading, NULL);
	h_say(h, "p", arena_printf(h->arena, "connect.%s", k->kind), NULL);
	h_element(h, "p", how(h, k), "class", "hint", NULL);
	h_open(h, "div", "class", "actions", NULL);
	h_say(h, "a", "start.choose", "class", "button main", "href",
	    arena_printf(h->arena, "/me/connect?client=%s", k->client_id),
	    "aria-describedby", heading, NULL);
	if (k->how_url != NULL)
		h_say(h, "a", "start.get", "class", "link", "href", k->how_url,
		    "aria-describedby", heading, "rel", "noreferrer", NULL);
	h_close(h, "div");
	h_close(h, "li");
}

static void
step(struct html *h, const char *id)
{
	h_open(h, "li", NULL);
	h_say(h, "strong", id, NULL);
	h_say(h, "p", arena_printf(h->arena, "%s.text", id), NULL);
	h_close(h, "li");
}

void
connect_two_approvals(struct html *h, const char *heading)
{
	h_open(h, "section", "class", "twice", NULL);
	h_void(h, "img", "src", layout_asset(h->arena, "two-approvals.svg"),
	    "alt", h_word(h, "start.twice.alt"), "width", "340", "height",
	    "112", NULL);
	h_open(h, "div", NULL);
	h_say(h, heading, "start.twice", NULL);
	h_say(h, "p", "start.twice.text", NULL);
	h_close(h, "div");
	h_close(h, "section");
}

void
connect_start_page(struct html *h, const struct connect_start_view *v)
{
	h_say(h, "h1", "start.h1", NULL);
	h_element(h, "p", h_fill(h, "start.lead", "organisation",
	    v->organisation, NULL), "class", "lead", NULL);
	h_say(h, "h2", "start.where", NULL);
	h_open(h, "ul", "class", "cards clouds", NULL);
	for (size_t i = 0; i < v->kind_count; i++)
		kind(h, &v->kinds[i]);
	h_close(h, "ul");
	if (v->kind_count == 0)
		h_say(h, "p", "start.none", "class", "empty", NULL);
	h_say(h, "h2", "start.steps", NULL);
	h_open(h, "ol", "class", "steps", NULL);
	step(h, "start.step1");
	step(h, "start.step2");
	step(h, "start.step3");
	step(h, "start.step4");
	h_close(h, "ol");
	connect_two_approvals(h, "h2");
}
