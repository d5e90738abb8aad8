/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox_page.c - the bench, from registering to what an endpoint hears. */
#include "pages/sandbox_page.h"
#include <string.h>
#include "base/arena.h"
#include "base/attr.h"
#include "db/db.h"
#include "pages/parts.h"

/* ---- forms ---- */

static void
begin_form(struct html *h, const struct sandbox_view *v, const char *action)
{
	h_open(h, "form", "method", "post", "action", "/developers/sandbox",
	    "class", "card", NULL);
	part_hidden(h, "action", action);
	if (v->client != NULL)
		part_hidden(h, "registration_token", v->token);
}

static void
field(struct html *h, const char *id, const char *name, const char *type,
    const char *value)
{
	h_open(h, "div", "class", "field", NULL);
	h_say(h, "label", id, "for", name, NULL);
	h_void(h, "input", "id", name, "name", name, "type", type, "value",
	    value, "required", "", "maxlength", "300", "autocomplete", "off",
	    "autocapitalize", "none", "spellcheck", "false", NULL);
	h_close(h, "div");
}

static void
end_form(struct html *h, const char *button)
{
	h_say(h, "button", button, "class", "button main", "type", "submit",
	    NULL);
	h_close(h, "form");
}

static void
block(struct html *h, const char *caption, const char *text)
{
	h_open(h, "figure", "class", "code", NULL);
	h_say(h, "figcaption", caption, NULL);
	h_element(h, "pre", text, "tabindex", "0", NULL);
	h_close(h, "figure");
}

/* ---- a client of one's own ---- */

static void
registering(struct html *h, const struct sandbox_view *v)
{
	h_say(h, "h2", "sandbox.register", NULL);
	h_say(h, "p", "sandbox.register.text", NULL);
	begin_form(h, v, "register");
	field(h, "sandbox.name", "client_name", "text", NULL);
	field(h, "sandbox.redirect", "redirect_uri", "url", NULL);
	h_open(h, "div", "class", "field", NULL);
	h_say(h, "label", "sandbox.jwks", "for", "jwks", NULL);
	h_element(h, "textarea", v->jwks == NULL ? "" : v->jwks, "id", "jwks",
	    "name", "jwks", "rows", "4", "required", "", "spellcheck", "false",
	    "maxlength", "8000", NULL);
	h_close(h, "div");
	end_form(h, "sandbox.register.do");
	block(h, "dev.shell", arena_printf(h->arena, "curl -s %s/oauth/register \\\n"
	    "  -H 'Content-Type: application/json' \\\n"
	    "  -d '{\"client_name\": \"...\", \"purpose#en\": \"...\",\n"
	    "       \"purpose#fr\": \"...\", \"redirect_uris\": [\"https://...\"],\n"
	    "       \"scope\": \"energy.load-curve\", \"jwks\": {\"keys\": [...]}}'",
	    v->public_url));
	h_say(h, "h2", "sandbox.back", NULL);
	h_say(h, "p", "sandbox.back.text", NULL);
	begin_form(h, v, "open");
	field(h, "sandbox.token", "registration_token", "password", NULL);
	end_form(h, "sandbox.open");
}

/* ---- what happens ---- */

static void
option(struct html *h, const char *event)
{
	h_say(h, "option", arena_printf(h->arena, "sandbox.event.%s", event),
	    "value", event, NULL);
}

static void
number(struct html *h, const char *id, const char *name, const char *at,
    const char *value, const char *max)
{
	const char *of = arena_printf(h->arena, "%s-%s", name, at);

	h_open(h, "div", "class", "field", NULL);
	h_say(h, "label", id, "for", of, NULL);
	h_void(h, "input", "id", of, "name", name, "type", "number", "min", "1",
	    "max", max, "value", value, NULL);
	h_close(h, "div");
}

static void
grant(struct html *h, const struct sandbox_view *v, int i)
{
	static const char *const events[] = { "expire", "revoke", "correct",
	    "remove", "delay", "fail", "throttle", "clear" };
	const char *id = row_text(v->grants, i, "grant_id");
	const char *who = row_text(v->grants, i, "login");
	const char *of = arena_printf(h->arena, "event-%s", id);

	begin_form(h, v, "trigger");
	part_hidden(h, "grant_id", id);
	h_element(h, "h3", who == NULL ? id : who, NULL);
	h_open(h, "dl", "class", "facts", NULL);
	part_fact(h, "sandbox.grant", id);
	part_fact(h, "sandbox.state", row_text(v->grants, i, "state"));
	part_fact(h, "sandbox.until", row_text(v->grants, i, "expires"));
	if (!row_null(v->grants, i, "fault"))
		part_fact(h, "sandbox.fault", arena_printf(h->arena, "%s (%lld)",
		    row_text(v->grants, i, "fault"),
		    (long long)row_int(v->grants, i, "calls")));
	h_close(h, "dl");
	h_open(h, "div", "class", "field", NULL);
	h_say(h, "label", "sandbox.event", "for", of, NULL);
	h_open(h, "select", "id", of, "name", "event", NULL);
	for (size_t k = 0; k < countof(events); k++)
		option(h, events[k]);
	h_close(h, "select");
	h_close(h, "div");
	number(h, "sandbox.calls", "calls", id, "1", "1000");
	number(h, "sandbox.ms", "ms", id, "2000", "30000");
	end_form(h, "sandbox.do");
}

static void
happening(struct html *h, const struct sandbox_view *v)
{
	h_say(h, "h2", "sandbox.clock", NULL);
	h_say(h, "p", "sandbox.clock.text", NULL);
	begin_form(h, v, "trigger");
	part_hidden(h, "event", "clock");
	number(h, "sandbox.days", "days", "clock", "30", "3650");
	end_form(h, "sandbox.clock.do");
	h_say(h, "h2", "sandbox.grants", NULL);
	if (row_null(v->grants, 0, "grant_id"))
		h_say(h, "p", "sandbox.grants.none", NULL);
	for (int i = 0; i < rows_count(v->grants); i++)
		if (!row_null(v->grants, i, "grant_id"))
			grant(h, v, i);
}

/* ---- what it hears ---- */

static void
sent(struct html *h, const struct sandbox_sent *s)
{
	if (s->secret != NULL)
		block(h, "sandbox.secret", s->secret);
	if (s->head == NULL)
		return;
	h_element(h, "p", h_fill(h, s->verdict, "status", arena_printf(h->arena,
	    "%d", s->status), "ms", arena_printf(h->arena, "%lld",
	    (long long)s->ms), "why", s->why == NULL ? "" : s->why, NULL),
	    "class", "lead", NULL);
	block(h, "sandbox.sent", arena_printf(h->arena, "POST %s\n%s\n%s",
	    s->url, s->head, s->body));
	if (s->answer != NULL && *s->answer != '\0')
		block(h, "dev.answer", s->answer);
}

static void
hearing(struct html *h, const struct sandbox_view *v)
{
	h_say(h, "h2", "sandbox.webhook", "id", "webhook", NULL);
	h_say(h, "p", "sandbox.webhook.text", NULL);
	if (v->sent != NULL)
		sent(h, v->sent);
	begin_form(h, v, "endpoint");
	field(h, "sandbox.url", "url", "url", v->endpoint);
	end_form(h, "sandbox.endpoint.do");
	if (v->endpoint == NULL)
		return;
	begin_form(h, v, "send");
	h_open(h, "div", "class", "field", NULL);
	h_say(h, "label", "sandbox.sample", "for", "type", NULL);
	h_open(h, "select", "id", "type", "name", "type", NULL);
	for (const char *const *t = (const char *const[]){ "challenge",
	    "records", "notice", "connection.ended", NULL }; *t != NULL; t++)
		h_say(h, "option", arena_printf(h->arena, "sandbox.sample.%s",
		    *t), "value", *t, NULL);
	h_close(h, "select");
	h_close(h, "div");
	end_form(h, "sandbox.send");
}

/* ---- sets ---- */

void
part_set(struct html *h, const struct sandbox_set *set)
{
	h_open(h, "dt", NULL);
	h_element(h, "a", set->name, "href", arena_printf(h->arena,
	    "/developers/sets/%s", set->name), NULL);
	h_close(h, "dt");
	h_open(h, "dd", NULL);
	h_text(h, h_number(h, set->bytes));
	h_text(h, " B \u00b7 SHA-256 ");
	h_element(h, "code", set->sha256, NULL);
	h_close(h, "dd");
}

static void
sets(struct html *h, const struct sandbox_view *v)
{
	h_say(h, "h2", "sandbox.sets", "id", "sets", NULL);
	h_say(h, "p", v->set_n > 0 ? "sandbox.sets.text" : "sandbox.sets.none",
	    NULL);
	if (v->set_n == 0)
		return;
	h_open(h, "dl", "class", "codes", NULL);
	for (size_t i = 0; i < v->set_n; i++)
		part_set(h, &v->sets[i]);
	h_close(h, "dl");
}

void
sandbox_page(struct html *h, const struct sandbox_view *v)
{
	h_open(h, "p", "class", "crumb", NULL);
	h_say(h, "a", "dev.h1", "href", "/developers", NULL);
	h_close(h, "p");
	if (v->fault != NULL) {
		h_open(h, "div", "class", "faults", "role", "alert", NULL);
		h_say(h, "h2", "sandbox.refused", NULL);
		h_element(h, "p", v->fault, NULL);
		h_close(h, "div");
	}
	h_say(h, "h1", "sandbox.h1", NULL);
	h_say(h, "p", "sandbox.lead", "class", "lead", NULL);
	if (v->said != NULL)
		h_say(h, "p", v->said, "class", "done", "role", "status", NULL);
	if (v->client == NULL) {
		registering(h, v);
	} else {
		h_open(h, "dl", "class", "facts", NULL);
		part_fact(h, "sandbox.client", v->client);
		part_fact(h, "sandbox.name", v->name);
		part_fact(h, "sandbox.token", v->token);
		h_close(h, "dl");
		happening(h, v);
		hearing(h, v);
	}
	sets(h, v);
}
