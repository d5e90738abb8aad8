/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connect_page.c - the customer connects a personal cloud of her own.
 *
 * The page before leaving for a Cozy shows the host the address bar must then
 * show: the sign-in page that a wrong address would open is not her cloud.
 */
#include "pages/connect_page.h"
#include <string.h>
#include "base/arena.h"
#include "pages/words.h"

static void
kind(struct html *h, const struct connect_kind *k, bool chosen)
{
	const char *hint = arena_printf(h->arena, "connect.%s", k->kind);

	h_open(h, "li", "class", "choice", NULL);
	h_void(h, "input", "type", "radio", "id", k->client_id, "name", "client",
	    "value", k->client_id, "required", "", "checked",
	    chosen ? "" : NULL, NULL);
	h_open(h, "div", NULL);
	h_element(h, "label", k->name, "for", k->client_id, NULL);
	h_say(h, "p", hint, NULL);
	h_close(h, "div");
	h_close(h, "li");
}

static void
kinds(struct html *h, const struct connect_view *v)
{
	h_open(h, "fieldset", NULL);
	h_say(h, "legend", "connect.kind", NULL);
	h_open(h, "ul", "class", "choices", NULL);
	for (size_t i = 0; i < v->kind_count; i++)
		kind(h, &v->kinds[i], v->chosen != NULL &&
		    strcmp(v->chosen, v->kinds[i].client_id) == 0);
	h_close(h, "ul");
	h_close(h, "fieldset");
}

static void
address(struct html *h, const struct connect_view *v)
{
	bool wrong = v->fault == CONNECT_BAD_ADDRESS ||
	    v->fault == CONNECT_UNREACHABLE;

	h_open(h, "div", "class", "field", NULL);
	h_say(h, "label", "connect.address", "for", "address", NULL);
	h_say(h, "p", "connect.address.hint", "id", "address-hint", "class",
	    "hint", NULL);
	h_void(h, "input", "id", "address", "name", "address", "type", "url",
	    "inputmode", "url", "required", "", "maxlength", "200", "value",
	    v->address, "placeholder", "https://alice.mycozy.cloud",
	    "autocapitalize", "none", "spellcheck", "false",
	    "aria-describedby", "address-hint", "aria-invalid",
	    wrong ? "true" : NULL, NULL);
	h_close(h, "div");
}

static void
faults(struct html *h, enum connect_fault fault)
{
	static const struct { const char *id, *to; } told[] = {
	    [CONNECT_NO_KIND] = { "connect.no_kind", "#main" },
	    [CONNECT_BAD_ADDRESS] = { "connect.bad_address", "#address" },
	    [CONNECT_NOTHING_TICKED] = { "choice.none", "#d0" },
	    [CONNECT_UNREACHABLE] = { "connect.unreachable", "#address" } };

	if (fault != CONNECT_FINE)
		part_faults(h, told[fault].id, told[fault].to);
}

void
connect_notice(struct html *h, const struct connect_view *v)
{
	h_say(h, "h1", "connect.h1", NULL);
	h_say(h, "p", "connect.lead", "class", "lead", NULL);
	part_choices(h, v->choices, v->choice_count, false);
	h_say(h, "p", "connect.after", "class", "hint", NULL);
}

void
connect_page(struct html *h, const struct connect_view *v)
{
	faults(h, v->fault);
	h_say(h, "h1", "connect.h1", NULL);
	h_say(h, "p", "connect.lead", "class", "lead", NULL);
	h_open(h, "form", "id", CONNECT_FORM, "method", "post", "action",
	    "/me/connect", "class", "card", NULL);
	part_hidden(h, "csrf", v->csrf);
	part_hidden(h, "shown", lang_codes[h->lang]);
	kinds(h, v);
	address(h, v);
	part_choices(h, v->choices, v->choice_count,
	    v->fault == CONNECT_NOTHING_TICKED);
	part_span(h, &v->span);
	h_say(h, "p", "connect.after", "class", "hint", NULL);
	part_two_buttons(h, "connect.cancel", "connect.allow");
	h_close(h, "form");
}

/* For who knows how: the rule to save as the folder's .acl. */
static void
acl(struct html *h, const char *rule)
{
	if (rule == NULL)
		return;
	h_open(h, "details", NULL);
	h_say(h, "summary", "next.acl.rule", NULL);
	h_element(h, "pre", rule, "tabindex", "0", NULL);
	h_close(h, "details");
}

void
connect_next_page(struct html *h, const struct connect_next_view *v)
{
	h_say(h, "h1", "next.h1", NULL);
	h_element(h, "p", h_fill(h, v->url != NULL ? "next.go" : "next.acl",
	    "name", v->name, "host", v->host, NULL), "class", "lead", NULL);
	if (v->webid != NULL) {
		h_open(h, "dl", "class", "facts", NULL);
		part_fact(h, "next.webid", v->webid);
		part_fact(h, "next.container", v->container);
		h_close(h, "dl");
		acl(h, v->acl);
	}
	h_open(h, "div", "class", "two", NULL);
	h_say(h, "a", "next.later", "class", "button", "href", "/me", NULL);
	if (v->url != NULL)
		h_element(h, "a", h_fill(h, "next.open", "host", v->host, NULL),
		    "class", "button", "href", v->url, NULL);
	h_close(h, "div");
}
