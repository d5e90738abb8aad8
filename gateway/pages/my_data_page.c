/* SPDX-License-Identifier: Apache-2.0 */
/* my_data_page.c - what a customer may take away for herself. */
#include "base/arena.h"
#include "pages/me_page.h"

static void
link_to(struct html *h, const struct schema *s, const char *form,
    const char *heading)
{
	h_open(h, "a", "class", "button", "href", arena_printf(h->arena,
	    "/me/data/%s?form=%s", s->id, form), "download", "",
	    "aria-describedby", heading, NULL);
	h_say(h, "span", arena_printf(h->arena, "mydata.%s", form), NULL);
	h_close(h, "a");
}

static void
one_set(struct html *h, const struct schema *s)
{
	const char *heading = arena_printf(h->arena, "d-%s", s->id);

	h_open(h, "li", "class", "card", NULL);
	h_element(h, "h2", h_wording(h, &s->title), "id", heading, NULL);
	h_element(h, "p", h_wording(h, &s->description), NULL);
	h_open(h, "div", "class", "actions", NULL);
	link_to(h, s, "csv", heading);
	link_to(h, s, "json", heading);
	h_say(h, "a", "mydata.fields", "class", "link", "href",
	    arena_printf(h->arena, "/data/%s", s->id), "aria-describedby",
	    heading, NULL);
	h_close(h, "div");
	h_close(h, "li");
}

void
my_data_page(struct html *h, const struct catalogue *all)
{
	size_t n = catalogue_count(all);

	h_say(h, "h1", "mydata.h1", NULL);
	h_say(h, "p", "mydata.lead", "class", "lead", NULL);
	if (n == 0)
		h_say(h, "p", "mydata.none", "class", "empty", NULL);
	else
		h_open(h, "ul", "class", "cards", NULL);
	for (size_t i = 0; i < n; i++)
		if (!catalogue_at(all, i)->gone)
			one_set(h, catalogue_at(all, i)->schema);
	if (n > 0)
		h_close(h, "ul");
	h_say(h, "p", "mydata.safe", "class", "hint", NULL);
	h_open(h, "p", NULL);
	h_say(h, "a", "me.back", "href", "/me", NULL);
	h_close(h, "p");
}
