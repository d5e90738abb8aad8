/* SPDX-License-Identifier: Apache-2.0 */
/* status_page.c - one verdict, then four parts. */
#include "pages/status_page.h"
#include "base/arena.h"

static const char *const words[] = { "works", "slow", "away" };

static void
open_part(struct html *h, const char *name, enum health health)
{
	h_open(h, "li", "class", "card", NULL);
	h_open(h, "div", "class", "head", NULL);
	h_say(h, "h2", arena_printf(h->arena, "status.%s", name), NULL);
	h_say(h, "span", arena_printf(h->arena, "status.%s", words[health]),
	    "class", health == WORKS ? "state active" : "state pending", NULL);
	h_close(h, "div");
	h_say(h, "p", arena_printf(h->arena, "status.%s.%s", name,
	    words[health]), NULL);
}

static void
part(struct html *h, const char *name, enum health health)
{
	open_part(h, name, health);
	h_close(h, "li");
}

static void
data(struct html *h, const struct status_view *v)
{
	open_part(h, "data", v->data);
	if (v->absent_n > 0)
		h_open(h, "ul", NULL);
	for (size_t i = 0; i < v->absent_n; i++)
		h_element(h, "li", h_wording(h, &v->absent[i]->title), NULL);
	if (v->absent_n > 0)
		h_close(h, "ul");
	h_close(h, "li");
}

static enum health
worst(const struct status_view *v)
{
	const enum health all[] = { v->permissions, v->data, v->sending,
		v->record };
	enum health worst = WORKS;

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (all[i] > worst)
			worst = all[i];
	return worst;
}

void
status_page(struct html *h, const struct status_view *v)
{
	h_say(h, "h1", "status.h1", NULL);
	h_say(h, "p", arena_printf(h->arena, "status.all.%s", words[worst(v)]),
	    "class", "lead", NULL);
	h_open(h, "ul", "class", "cards", NULL);
	part(h, "permissions", v->permissions);
	data(h, v);
	part(h, "sending", v->sending);
	part(h, "record", v->record);
	h_close(h, "ul");
	h_element(h, "p", h_fill(h, "status.at", "day", h_date(h, v->now_us),
	    "time", h_clock(h, v->now_us), NULL), "class", "hint", NULL);
}
