/* SPDX-License-Identifier: Apache-2.0 */
/* clients_page.c - recipients: who asks, who is in, and the buttons for it. */
#include "pages/clients_page.h"
#include <string.h>
#include "base/arena.h"
#include "pages/parts.h"

static void
facts(struct html *h, const struct clients_view *v, const struct client_card *c)
{
	h_open(h, "dl", "class", "facts", NULL);
	part_fact(h, "clients.id", c->id);
	part_fact(h, "clients.since", h_date(h, c->created_us));
	part_fact(h, "clients.purpose", h_wording(h, &c->purpose));
	if (c->uri != NULL)
		part_fact(h, "clients.uri", c->uri);
	if (c->contact != NULL)
		part_fact(h, "clients.contact", c->contact);
	for (const char **d = c->datasets; *d != NULL; d++)
		part_fact(h, "clients.dataset", part_title(h, v->catalogue, *d));
	for (const char **u = c->redirects; *u != NULL; u++)
		part_fact(h, "clients.redirect", *u);
	part_fact(h, "clients.grants", h_number(h, c->grants));
	if (c->reason != NULL)
		part_fact(h, "clients.reason", c->reason);
	h_close(h, "dl");
}

static void
acts(struct html *h, const struct clients_view *v, const struct client_card *c)
{
	const char *field = arena_printf(h->arena, "reason-%s", c->id);

	if (c->acts[0] == NULL)
		return;
	h_open(h, "form", "method", "post", "action", "/staff/clients", NULL);
	part_hidden(h, "csrf", v->csrf);
	part_hidden(h, "client", c->id);
	h_open(h, "div", "class", "field", NULL);
	h_say(h, "label", "clients.why", "for", field, NULL);
	h_void(h, "input", "id", field, "name", "reason", "type", "text",
	    "maxlength", "200", "autocomplete", "off", NULL);
	h_close(h, "div");
	h_open(h, "div", "class", "actions", NULL);
	for (const char *const *a = c->acts; *a != NULL; a++)
		h_say(h, "button", arena_printf(h->arena, "clients.act.%s", *a),
		    "class", "button", "type", "submit", "name", "act", "value",
		    *a, NULL);
	h_close(h, "div");
	h_close(h, "form");
}

static void
card(struct html *h, const struct clients_view *v, const struct client_card *c)
{
	h_open(h, "li", "class", "card", NULL);
	h_open(h, "div", "class", "head", NULL);
	h_element(h, "h2", c->name, NULL);
	h_say(h, "span", arena_printf(h->arena, "clients.state.%s", c->state),
	    "class", "state", NULL);
	h_close(h, "div");
	facts(h, v, c);
	if (c->mine)
		h_say(h, "p", "clients.mine", "class", "hint", NULL);
	acts(h, v, c);
	h_close(h, "li");
}

void
clients_page(struct html *h, const struct clients_view *v)
{
	h_say(h, "h1", "clients.h1", NULL);
	h_say(h, "p", "clients.lead", "class", "lead", NULL);
	if (v->fault != NULL)
		h_say(h, "p", v->fault, "class", "fault", "role", "alert", NULL);
	if (v->n == 0)
		h_say(h, "p", "clients.none", "class", "empty", NULL);
	h_open(h, "ul", "class", "cards", NULL);
	for (size_t i = 0; i < v->n; i++)
		card(h, v, &v->cards[i]);
	h_close(h, "ul");
}
