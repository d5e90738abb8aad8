/* SPDX-License-Identifier: Apache-2.0 */
/* door_page.c - what a stranger sees: what this counter is, and signing in. */
#include "pages/door_page.h"
#include <string.h>
#include "db/db.h"
#include "pages/parts.h"

static void
promise(struct html *h, const char *title, const char *text)
{
	h_open(h, "li", NULL);
	h_say(h, "h2", title, NULL);
	h_say(h, "p", text, NULL);
	h_close(h, "li");
}

/* The data sets served here, each with its sentence. */
static void
what_there_is(struct html *h, const struct catalogue *catalogue)
{
	if (catalogue_count(catalogue) == 0)
		return;
	h_say(h, "h2", "home.data", NULL);
	h_open(h, "dl", "class", "sets", NULL);
	for (size_t i = 0; i < catalogue_count(catalogue); i++) {
		const struct schema *s = catalogue_at(catalogue, i)->schema;

		h_element(h, "dt", h_wording(h, &s->title), NULL);
		h_element(h, "dd", h_wording(h, &s->consent), NULL);
	}
	h_close(h, "dl");
}

void
home_page(struct html *h, const struct home_view *v)
{
	h_say(h, "h1", "home.h1", NULL);
	h_element(h, "p", h_fill(h, "home.lead", "organisation",
	    v->organisation, NULL), "class", "lead", NULL);
	h_open(h, "p", NULL);
	h_say(h, "a", v->known ? "home.enter" : "home.login", "class", "button main",
	    "href", v->known ? "/me" : "/login", NULL);
	h_close(h, "p");
	h_open(h, "ul", "class", "promises", NULL);
	promise(h, "home.choose", "home.choose.text");
	promise(h, "home.see", "home.see.text");
	promise(h, "home.stop", "home.stop.text");
	h_close(h, "ul");
	what_there_is(h, v->catalogue);
}

/* In a sandbox: whom would you like to be? */
static void
login_as(struct html *h, const struct login_view *v)
{
	h_say(h, "h2", "login.as", NULL);
	h_say(h, "p", "login.as.hint", "class", "hint", NULL);
	h_open(h, "ul", "class", "cards", NULL);
	for (int i = 0; i < rows_count(v->people); i++) {
		const char *story = row_text(v->people, i, h->lang == LANG_FR ?
		    "story_fr" : "story_en");

		h_open(h, "li", "class", "card", NULL);
		h_element(h, "h3", row_text(v->people, i, "name"), NULL);
		if (story != NULL && *story != '\0')
			h_element(h, "p", story, NULL);
		h_open(h, "form", "method", "post", "action", "/login", NULL);
		part_hidden(h, "next", v->next);
		part_hidden(h, "token", v->token);
		part_hidden(h, "login", row_text(v->people, i, "login"));
		h_element(h, "button", h_fill(h, "login.as.this", "name",
		    row_text(v->people, i, "name"), NULL), "class", "button",
		    "type", "submit", NULL);
		h_close(h, "form");
		h_close(h, "li");
	}
	h_close(h, "ul");
}

void
login_page(struct html *h, const struct login_view *v)
{
	if (v->refused)
		part_faults(h, "login.refused", "#login");
	h_say(h, "h1", "login.h1", NULL);
	h_element(h, "p", v->client == NULL ?
	    h_fill(h, "login.lead", "organisation", v->organisation, NULL) :
	    h_fill(h, "login.lead.client", "client", v->client, NULL),
	    "class", "lead", NULL);
	h_open(h, "form", "method", "post", "action", "/login", "class", "card",
	    NULL);
	part_hidden(h, "next", v->next);
	part_hidden(h, "token", v->token);
	part_login_field(h, "login.name", "login", "text", v->login, "username",
	    v->refused);
	part_login_field(h, "login.password", "password", "password", NULL,
	    "current-password", v->refused);
	h_say(h, "button", "login.enter", "class", "button main", "type",
	    "submit", NULL);
	h_close(h, "form");
	h_say(h, "p", "login.demo", "class", "hint", NULL);
	if (v->people != NULL)
		login_as(h, v);
}
