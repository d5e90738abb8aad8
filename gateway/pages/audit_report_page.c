/* SPDX-License-Identifier: Apache-2.0 */
/* audit_report_page.c - the list of reports, and one of them. */
#include <inttypes.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "consent/staff.h"
#include "pages/audit_page.h"
#include "pages/parts.h"
#include "pages/report_page.h"

static const char *
name_of(struct html *h, const struct report *r)
{
	return h_word(h, arena_printf(h->arena, "report.%s", r->name));
}

static void
list(struct html *h, const struct audit_report_view *v)
{
	h_say(h, "h1", "report.h1", NULL);
	h_say(h, "p", "report.lead", "class", "lead", NULL);
	h_open(h, "ul", "class", "promises rooms", NULL);
	for (const struct report *r = reports; r->name != NULL; r++) {
		if (r->personal && !(v->roles & STAFF_DPO))
			continue;
		h_open(h, "li", NULL);
		h_open(h, "h2", NULL);
		h_element(h, "a", name_of(h, r), "href", arena_printf(h->arena,
		    "/audit/reports/%s", r->name), NULL);
		h_close(h, "h2");
		h_say(h, "p", arena_printf(h->arena, "report.%s.text", r->name),
		    NULL);
		h_close(h, "li");
	}
	h_close(h, "ul");
}

static void
field(struct html *h, const char *name, const char *type, const char *value)
{
	const char *id = arena_printf(h->arena, "f-%s", name);

	h_open(h, "div", "class", "field", NULL);
	h_say(h, "label", arena_printf(h->arena, "audit.%s", name), "for", id,
	    NULL);
	h_void(h, "input", "id", id, "name", name, "type", type, "value", value,
	    "autocomplete", "off", "maxlength", "100", NULL);
	h_close(h, "div");
}

static void
form(struct html *h, const struct audit_report_view *v)
{
	h_open(h, "form", "method", "get", "class", "card search", NULL);
	field(h, "from", "date", v->from);
	field(h, "to", "date", v->to);
	field(h, "client", "text", v->client);
	if (v->report->customer)
		field(h, "customer", "text", v->customer);
	h_say(h, "button", "report.make", "class", "button main", "type",
	    "submit", NULL);
	h_close(h, "form");
}

static const char *
as(struct html *h, const struct audit_report_view *v, const char *format)
{
	const struct { const char *name, *value; } all[] = {
		{ "from", v->from }, { "to", v->to }, { "client", v->client },
		{ "customer", v->customer } };
	struct buf out;

	buf_init_in(&out, h->arena);
	buf_printf(&out, "/audit/reports/%s?format=%s", v->report->name, format);
	for (size_t i = 0; i < countof(all); i++)
		if (all[i].value != NULL && all[i].value[0] != '\0') {
			buf_printf(&out, "&%s=", all[i].name);
			percent_encode(&out, all[i].value);
		}
	return out.data;
}

static void
take_away(struct html *h, const struct audit_report_view *v)
{
	h_open(h, "p", "class", "actions", NULL);
	h_say(h, "a", "report.csv", "class", "button", "href", as(h, v, "csv"),
	    NULL);
	h_say(h, "a", "report.jsonl", "class", "button", "href",
	    as(h, v, "jsonl"), NULL);
	h_say(h, "span", "report.print", "class", "hint", NULL);
	h_close(h, "p");
}

void
audit_report_page(struct html *h, const struct audit_report_view *v)
{
	if (v->report == NULL) {
		list(h, v);
		return;
	}
	h_element(h, "h1", name_of(h, v->report), NULL);
	h_say(h, "p", arena_printf(h->arena, "report.%s.text", v->report->name),
	    "class", "lead", NULL);
	form(h, v);
	if (v->rows != NULL) {
		h_element(h, "p", h_fill(h, "report.at", "from", v->from, "to",
		    v->to, "size", h_number(h, v->size), "root", v->root, NULL),
		    "class", "small", NULL);
		report_table(h, v->report, v->rows, v->catalogue);
		take_away(h, v);
	} else
		h_say(h, "p", "report.whose", "class", "empty", NULL);
	h_open(h, "p", NULL);
	h_say(h, "a", "report.back", "href", "/audit/reports", NULL);
	h_close(h, "p");
}
