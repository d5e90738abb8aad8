/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit_page.c - the journal as an auditor reads it: what is looked for, how much
 * of it there is, and the lines themselves.
 */
#include "pages/audit_page.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "db/db.h"
#include "journal/events.h"
#include "pages/parts.h"

/* ---- addresses ---- */

static void
add(struct buf *out, const char *name, const char *value, char *sep)
{
	if (value == NULL || value[0] == '\0')
		return;
	buf_printf(out, "%c%s=", *sep, name);
	percent_encode(out, value);
	*sep = '&';
}

const char *
audit_address(struct html *h, const struct audit_wish *w, const char *name,
    const char *value)
{
	const struct { const char *name, *value; } all[] = {
		{ "from", w->from }, { "to", w->to }, { "client", w->client },
		{ "ds", w->ds }, { "ev", w->ev }, { "oc", w->oc },
		{ "q", w->q }, { "customer", w->customer } };
	struct buf out;
	char sep = '?';

	buf_init_in(&out, h->arena);
	buf_str(&out, "/audit");
	for (size_t i = 0; i < countof(all); i++)
		if (strcmp(all[i].name, name) != 0)
			add(&out, all[i].name, all[i].value, &sep);
	add(&out, name, value, &sep);
	return out.data;
}

/* ---- words of what is stored as codes ---- */

static const char *
said(struct html *h, const char *ev)
{
	const struct event_kind *kind = event_find(ev);

	return kind == NULL ? ev : h_wording(h, &kind->said);
}

static const char *
title_of(struct html *h, const struct audit_view *v, const char *ds)
{
	return part_title(h, v->catalogue, arena_strndup(h->arena, ds,
	    strcspn(ds, "@")));
}

static const char *
value_words(struct html *h, const struct audit_view *v, const char *facet,
    const char *value, const char *name)
{
	if (strcmp(facet, "ev") == 0)
		return said(h, value);
	if (strcmp(facet, "ds") == 0)
		return title_of(h, v, value);
	return name != NULL ? name : value;
}

/* ---- what is looked for ---- */

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
wish_form(struct html *h, const struct audit_view *v)
{
	const struct audit_wish *w = &v->wish;

	h_open(h, "form", "method", "get", "action", "/audit", "class",
	    "card search", "role", "search", NULL);
	field(h, "q", "search", w->q);
	field(h, "from", "date", w->from);
	field(h, "to", "date", w->to);
	if (v->dpo)
		field(h, "customer", "text", w->customer);
	part_hidden_unless_empty(h, "client", w->client);
	part_hidden_unless_empty(h, "ds", w->ds);
	part_hidden_unless_empty(h, "ev", w->ev);
	part_hidden_unless_empty(h, "oc", w->oc);
	h_say(h, "button", "audit.search", "class", "button main", "type",
	    "submit", NULL);
	h_close(h, "form");
}

/* What narrows it, each with a way to let it go. */
static void
chip(struct html *h, const struct audit_view *v, const char *facet,
    const char *value)
{
	if (value == NULL || value[0] == '\0')
		return;
	h_open(h, "li", NULL);
	h_open(h, "a", "href", audit_address(h, &v->wish, facet, NULL), NULL);
	h_text(h, value_words(h, v, facet, value, NULL));
	h_element(h, "span", h_word(h, "audit.drop"), "class", "drop", NULL);
	h_close(h, "a");
	h_close(h, "li");
}

static void
chips(struct html *h, const struct audit_view *v)
{
	const struct audit_wish *w = &v->wish;

	if (w->client[0] + w->ds[0] + w->ev[0] + w->oc[0] == 0)
		return;
	h_open(h, "ul", "class", "tags chips", "aria-label",
	    h_word(h, "audit.narrowed"), NULL);
	chip(h, v, "client", w->client);
	chip(h, v, "ds", w->ds);
	chip(h, v, "ev", w->ev);
	chip(h, v, "oc", w->oc);
	h_close(h, "ul");
}

/* ---- how much of it there is ---- */

static int64_t
total(const struct audit_view *v, const char *column)
{
	int64_t n = 0;

	for (int i = 0; i < rows_count(v->sums); i++)
		if (strcmp(row_text(v->sums, i, "facet"), "day") == 0)
			n += row_int(v->sums, i, column);
	return n;
}

static void
figure(struct html *h, const char *id, const char *value)
{
	h_open(h, "div", NULL);
	h_say(h, "dt", id, NULL);
	h_element(h, "dd", value, NULL);
	h_close(h, "div");
}

static void
figures(struct html *h, const struct audit_view *v)
{
	h_open(h, "dl", "class", "figures", NULL);
	figure(h, "audit.lines", h_number(h, total(v, "lines")));
	figure(h, "audit.records", h_number(h, total(v, "n")));
	if (v->size >= 0)
		figure(h, "audit.checkpoint", h_number(h, v->size));
	h_close(h, "dl");
}

static int
by_label(const void *a, const void *b)
{
	return strcmp(((const struct chart_bar *)a)->label,
	    ((const struct chart_bar *)b)->label);
}

static void
time_line(struct html *h, const struct audit_view *v)
{
	struct chart_bar *bars = arena_alloc(h->arena,
	    ((size_t)rows_count(v->sums) + 1) * sizeof(*bars));
	size_t n = 0;

	for (int i = 0; i < rows_count(v->sums); i++)
		if (strcmp(row_text(v->sums, i, "facet"), "day") == 0)
			bars[n++] = (struct chart_bar){ row_text(v->sums, i,
			    "value"), row_int(v->sums, i, "lines") };
	qsort(bars, n, sizeof(*bars), by_label);
	part_chart(h, h_word(h, "audit.chart"), h_word(h, "audit.lines"), bars, n);
}

static void
facet_row(struct html *h, const struct audit_view *v, const char *facet, int i,
    int64_t most)
{
	const char *value = row_text(v->sums, i, "value");
	int64_t lines = row_int(v->sums, i, "lines");

	h_open(h, "li", NULL);
	h_element(h, "a", value_words(h, v, facet, value,
	    row_text(v->sums, i, "name")), "href",
	    audit_address(h, &v->wish, facet, value), NULL);
	h_element(h, "span", h_number(h, lines), "class", "count", NULL);
	h_open(h, "svg", "class", "share", "viewBox", "0 0 100 4", "aria-hidden",
	    "true", "preserveAspectRatio", "none", NULL);
	h_open(h, "rect", "class", "bar-of", "width", arena_printf(h->arena, "%.1f",
	    most > 0 ? 100.0 * (double)lines / (double)most : 0.0), "height", "4",
	    NULL);
	h_close(h, "rect");
	h_close(h, "svg");
	h_close(h, "li");
}

enum { FACET_MAX = 8 };

static void
facet(struct html *h, const struct audit_view *v, const char *name)
{
	int64_t most = 0;
	int shown = 0;

	for (int i = 0; i < rows_count(v->sums) && shown < FACET_MAX; i++) {
		if (strcmp(row_text(v->sums, i, "facet"), name) != 0)
			continue;
		if (shown++ == 0) {
			most = row_int(v->sums, i, "lines");
			h_open(h, "section", "class", "facet", NULL);
			h_say(h, "h3", arena_printf(h->arena, "audit.by.%s",
			    name), NULL);
			h_open(h, "ul", NULL);
		}
		facet_row(h, v, name, i, most);
	}
	if (shown > 0) {
		h_close(h, "ul");
		h_close(h, "section");
	}
}

/* ---- the lines ---- */

static void
what(struct html *h, const struct audit_view *v, int i)
{
	const char *ds = row_text(v->lines, i, "ds");
	const char *to = row_text(v->lines, i, "name");
	const char *reason = row_text(v->lines, i, "reason");
	struct buf text;

	if (to == NULL)
		to = row_text(v->lines, i, "client");
	buf_init_in(&text, h->arena);
	if (to != NULL)
		buf_printf(&text, "%s", to);
	if (ds != NULL)
		buf_printf(&text, "%s%s", text.len ? " \u00b7 " : "",
		    title_of(h, v, ds));
	if (!row_null(v->lines, i, "n"))
		buf_printf(&text, "%s%s", text.len ? " \u00b7 " : "", h_count(h,
		    "records", row_int(v->lines, i, "n"), NULL));
	if (reason != NULL)
		buf_printf(&text, "%s%s", text.len ? " \u00b7 " : "", reason);
	if (text.len > 0)
		h_element(h, "p", text.data, NULL);
}

static void
entry(struct html *h, const struct audit_view *v, int i)
{
	const char *oc = row_text(v->lines, i, "oc");

	h_open(h, "li", NULL);
	h_element(h, "span", h_clock(h, row_time(v->lines, i, "at")), "class",
	    "time", NULL);
	h_open(h, "div", NULL);
	h_open(h, "p", "class", "said", NULL);
	h_element(h, "a", said(h, row_text(v->lines, i, "ev")), "href",
	    arena_printf(h->arena, "/audit/line/%" PRId64 "/%" PRId64,
	    row_int(v->lines, i, "log"), row_int(v->lines, i, "seq")), NULL);
	if (oc != NULL)
		h_element(h, "span", oc, "class", "state", NULL);
	h_close(h, "p");
	what(h, v, i);
	h_close(h, "div");
	h_close(h, "li");
}

static void
older(struct html *h, const struct audit_view *v)
{
	int i = v->lines_max - 1;
	const char *before;

	if (rows_count(v->lines) <= v->lines_max)
		return;
	before = arena_printf(h->arena, "%" PRId64 ".%" PRId64 ".%" PRId64,
	    row_time(v->lines, i, "at"), row_int(v->lines, i, "log"),
	    row_int(v->lines, i, "seq"));
	h_open(h, "p", NULL);
	h_say(h, "a", "audit.older", "class", "button", "href",
	    audit_address(h, &v->wish, "before", before), NULL);
	h_close(h, "p");
}

static void
lines(struct html *h, const struct audit_view *v)
{
	const char *day = "";
	bool open = false;

	h_say(h, "h2", "audit.what", NULL);
	if (rows_count(v->lines) == 0)
		h_say(h, "p", v->unknown ? "audit.unknown" : "audit.nothing",
		    "class", "empty", NULL);
	for (int i = 0; i < rows_count(v->lines) && i < v->lines_max; i++) {
		const char *now = h_date(h, row_time(v->lines, i, "at"));

		if (strcmp(now, day) != 0) {
			if (open)
				h_close(h, "ol");
			h_element(h, "h3", now, "class", "day", NULL);
			h_open(h, "ol", "class", "history", NULL);
			open = true;
			day = now;
		}
		entry(h, v, i);
	}
	if (open)
		h_close(h, "ol");
	older(h, v);
}

static void
head(struct html *h, const struct audit_view *v)
{
	h_say(h, "h1", "audit.h1", NULL);
	h_say(h, "p", v->dpo ? "audit.lead.dpo" : "audit.lead", "class", "lead",
	    NULL);
	h_open(h, "p", "class", "actions", NULL);
	h_say(h, "a", "audit.reports", "class", "button", "href",
	    "/audit/reports", NULL);
	h_say(h, "a", "audit.verify", "class", "button", "href",
	    "/audit/verify", NULL);
	h_close(h, "p");
}

void
audit_page(struct html *h, const struct audit_view *v)
{
	head(h, v);
	wish_form(h, v);
	chips(h, v);
	figures(h, v);
	if (v->behind > 0)
		h_element(h, "p", h_count(h, "audit.behind", v->behind, NULL),
		    "class", "hint", NULL);
	time_line(h, v);
	h_open(h, "div", "class", "columns", NULL);
	h_open(h, "div", NULL);
	lines(h, v);
	h_close(h, "div");
	h_open(h, "aside", "aria-label", h_word(h, "audit.facets"), NULL);
	facet(h, v, "ev");
	facet(h, v, "client");
	facet(h, v, "ds");
	facet(h, v, "oc");
	h_close(h, "aside");
	h_close(h, "div");
}
