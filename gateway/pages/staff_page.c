/* SPDX-License-Identifier: Apache-2.0 */
/* staff_page.c - the door and the hall of the organisation's own people. */
#include "pages/staff_page.h"
#include <string.h>
#include "base/arena.h"
#include "consent/staff.h"
#include "pages/parts.h"

const struct staff_room staff_rooms[] = {
	{ "/audit", "audit", STAFF_AUDITOR | STAFF_DPO },
	{ "/staff/clients", "clients", STAFF_ADMISSION },
	{ NULL, NULL, 0 }
};

void
staff_login_page(struct html *h, const struct staff_login_view *v)
{
	if (v->refused)
		part_faults(h, "login.refused", "#login");
	h_say(h, "h1", "staff.login.h1", NULL);
	h_element(h, "p", h_fill(h, "staff.login.lead", "organisation",
	    v->organisation, NULL), "class", "lead", NULL);
	h_open(h, "form", "method", "post", "action", "/staff/login", "class",
	    "card", NULL);
	part_hidden(h, "next", v->next);
	part_hidden(h, "token", v->token);
	part_login_field(h, "login.name", "login", "text", v->login,
	    "username", v->refused);
	part_login_field(h, "login.password", "password", "password", NULL,
	    "current-password", v->refused);
	h_say(h, "button", "login.enter", "class", "button main", "type",
	    "submit", NULL);
	h_close(h, "form");
	h_say(h, "p", "staff.login.demo", "class", "hint", NULL);
}

static void
roles(struct html *h, const struct staff *s)
{
	h_open(h, "ul", "class", "tags", NULL);
	for (unsigned i = 0; staff_role_words[i] != NULL; i++)
		if (s->roles & 1u << i)
			h_say(h, "li", arena_printf(h->arena, "staff.role.%s",
			    staff_role_words[i]), NULL);
	h_close(h, "ul");
}

static void
room(struct html *h, const struct staff_room *r)
{
	const char *id = arena_printf(h->arena, "staff.room.%s", r->name);

	h_open(h, "li", NULL);
	h_open(h, "h2", NULL);
	h_say(h, "a", id, "href", r->path, NULL);
	h_close(h, "h2");
	h_say(h, "p", arena_printf(h->arena, "%s.text", id), NULL);
	h_close(h, "li");
}

void
staff_hall_page(struct html *h, const struct staff *s)
{
	bool any = false;

	h_element(h, "h1", h_fill(h, "staff.hello", "name", s->name, NULL), NULL);
	h_say(h, "p", "staff.roles", "class", "lead", NULL);
	roles(h, s);
	h_open(h, "ul", "class", "promises", NULL);
	for (const struct staff_room *r = staff_rooms; r->path != NULL; r++)
		if (s->roles & r->roles) {
			room(h, r);
			any = true;
		}
	if (!any)
		h_say(h, "li", "staff.nothing", NULL);
	h_close(h, "ul");
}
