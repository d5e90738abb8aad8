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
#include "pages/layout.h"
#include "pages/words.h"

static void
kind(struct html *h, const struct connect_kind *k, bool chosen)
{
	h_open(h, "li", "class", "choice", NULL);
	h_void(h, "input", "type", "radio", "id", k->client_id, "name", "client",
	    "value", k->client_id, "required", "", "checked",
	    chosen ? "" : NULL, NULL);
	h_open(h, "div", NULL);
	h_element(h, "label", k->name, "for", k->client_id, NULL);
	h_say(h, "p", arena_printf(h->arena, "connect.%s", k->kind), NULL);
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
		kind(h, &v->kinds[i], v->chosen == &v->kinds[i]);
	h_close(h, "ul");
	h_close(h, "fieldset");
}

/* Chosen on the page before. */
static void
chosen(struct html *h, const struct connect_kind *k)
{
	part_hidden(h, "client", k->client_id);
	part_hidden(h, "fixed", "1");
	h_open(h, "div", "class", "chosen", NULL);
	h_void(h, "img", "src", layout_asset(h->arena,
	    arena_printf(h->arena, "kind-%s.svg", k->kind)), "alt", "", "width",
	    "56", "height", "56", NULL);
	h_open(h, "div", NULL);
	h_element(h, "h2", k->name, NULL);
	h_say(h, "a", "connect.other", "href", "/connect", NULL);
	h_close(h, "div");
	h_close(h, "div");
}

struct asked {
	const char *label, *hint, *type, *example;
};

static void
field(struct html *h, const struct asked *f, const char *name,
    const char *value, bool must, bool wrong)
{
	const char *hint = arena_printf(h->arena, "%s-hint", name);

	h_open(h, "div", "class", "field", NULL);
	h_say(h, "label", f->label, "for", name, NULL);
	h_say(h, "p", f->hint, "id", hint, "class", "hint", NULL);
	h_void(h, "input", "id", name, "name", name, "type", f->type,
	    "required", must ? "" : NULL, "maxlength", "200", "value",
	    value, "placeholder", f->example, "autocomplete", "off",
	    "autocapitalize", "none", "spellcheck", "false",
	    "aria-describedby", hint, "aria-invalid", wrong ? "true" : NULL,
	    NULL);
	h_close(h, "div");
}

/* A cloud that has no sign-in for programs wants what she made for us there. */
static void
app_password(struct html *h, const struct connect_view *v)
{
	static const struct asked login = { "connect.login",
	    "connect.login.hint", "text", NULL };
	static const struct asked password = { "connect.password",
	    "connect.password.hint", "password", NULL };

	h_open(h, "details", "open", v->login != NULL && v->login[0] != '\0' ?
	    "" : NULL, NULL);
	h_say(h, "summary", "connect.other_files", NULL);
	field(h, &login, "login", v->login, false, false);
	field(h, &password, "password", NULL, false, false);
	h_close(h, "details");
}

/* What each kind wants to know; without a choice, any address. */
static void
address(struct html *h, const struct connect_view *v)
{
	static const struct { const char *kind; struct asked field; } kinds_of[] = {
	    { "cozy", { "connect.address", "connect.address.cozy", "text",
		"alice.mycozy.cloud" } },
	    { "solid", { "connect.address.folder", "connect.address.solid",
		"url", "https://alice.pod.example/energy/" } },
	    { "webdav", { "connect.address", "connect.address.webdav", "text",
		"cloud.example.org" } },
	    { "webhook", { "connect.code", "connect.code.hint", "text", NULL } },
	    { "", { "connect.address", "connect.address.hint", "text",
		"https://alice.mycozy.cloud" } } };
	bool wrong = v->fault == CONNECT_BAD_ADDRESS ||
	    v->fault == CONNECT_UNREACHABLE;
	const char *kind_of = v->fixed ? v->chosen->kind : "";
	size_t i = 0;

	if (v->fixed && v->chosen->linked)
		return;
	while (strcmp(kinds_of[i].kind, kind_of) != 0 &&
	    kinds_of[i].kind[0] != '\0')
		i++;
	field(h, &kinds_of[i].field, "address", v->address, v->fixed, wrong);
	if (strcmp(kind_of, "webdav") == 0)
		app_password(h, v);
}

static void
faults(struct html *h, enum connect_fault fault)
{
	static const struct { const char *id, *to; } told[] = {
	    [CONNECT_NO_KIND] = { "connect.no_kind", "#main" },
	    [CONNECT_BAD_ADDRESS] = { "connect.bad_address", "#address" },
	    [CONNECT_NOTHING_TICKED] = { "choice.none", "#d0" },
	    [CONNECT_NO_ACCOUNT] = { "account.none", "#a0" },
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
	part_held(h, v->choices, v->choice_count, v->accounts, v->account_count,
	    v->answer_by_us);
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
	if (v->fixed)
		chosen(h, v->chosen);
	else
		kinds(h, v);
	address(h, v);
	part_choices(h, v->choices, v->choice_count,
	    v->fault == CONNECT_NOTHING_TICKED);
	part_accounts(h, v->accounts, v->account_count,
	    v->fault == CONNECT_NO_ACCOUNT);
	part_span(h, &v->span);
	connect_two_approvals(h, "h2");
	part_held(h, v->choices, v->choice_count, v->accounts, v->account_count,
	    v->answer_by_us);
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
	if (v->done != NULL && v->webid == NULL)
		h_say(h, "p", "next.by_itself", NULL);
	if (v->webid != NULL) {
		h_open(h, "dl", "class", "facts", NULL);
		part_fact(h, "next.webid", v->webid);
		part_fact(h, "next.container", v->container);
		h_close(h, "dl");
		acl(h, v->acl);
	}
	h_open(h, "div", "class", "two", NULL);
	if (v->done != NULL)
		h_say(h, "a", "next.done", "class", "button", "href", v->done,
		    NULL);
	else
		h_say(h, "a", "next.later", "class", "button", "href", "/me",
		    NULL);
	if (v->url != NULL)
		h_element(h, "a", h_fill(h, "next.open", "host", v->host, NULL),
		    "class", "button", "href", v->url, NULL);
	h_close(h, "div");
}
