/* SPDX-License-Identifier: Apache-2.0 */
/* data_page.c - the list of data sets, searched and sorted by sector. */
#include "pages/data_page.h"
#include <string.h>
#include "base/arena.h"

const char *
data_every(const struct html *h, const char *duration)
{
	const char *id = arena_printf(h->arena, "every.%s", duration);
	const char *said = h_word(h, id);

	return said == id ? duration : said;
}

const char *
data_place(const struct html *h, const struct schema *s,
    const struct schema *newest)
{
	return s == newest ? arena_printf(h->arena, "/data/%s", s->id) :
	    arena_printf(h->arena, "/data/%s@%d", s->id, s->version);
}

/* ---- what fits ---- */

static bool
says(const struct wording *w, const char *q)
{
	for (enum lang l = 0; l < LANG_COUNT; l++)
		if (w->in[l] != NULL && strcasestr(w->in[l], q) != NULL)
			return true;
	return false;
}

static bool
mentions(const struct schema *s, const char *q)
{
	if (*q == '\0' || strcasestr(s->id, q) != NULL || says(&s->title, q) ||
	    says(&s->description, q) || says(&s->consent, q))
		return true;
	for (size_t i = 0; i < s->field_count; i++)
		if (says(&s->fields[i].title, q) ||
		    strcasestr(s->fields[i].path, q) != NULL)
			return true;
	return false;
}

/* What happened has a period; what is true has none. */
static const char *
kind_of(const struct schema *s)
{
	return s->period != NULL ? "transaction" : "characteristic";
}

static bool
fits(const struct schema *s, const struct data_view *v)
{
	return (*v->sector == '\0' || strcmp(s->domain, v->sector) == 0) &&
	    (*v->kind == '\0' || strcmp(kind_of(s), v->kind) == 0) &&
	    mentions(s, v->q);
}

/* ---- the search ---- */

static void
option(struct html *h, const char *value, const char *label, const char *chosen)
{
	h_element(h, "option", label, "value", value, "selected",
	    strcmp(value, chosen) == 0 ? "" : NULL, NULL);
}

static const char *
sector_name(const struct html *h, const char *domain)
{
	const char *id = arena_printf(h->arena, "sector.%s", domain);
	const char *said = h_word(h, id);

	return said == id ? domain : said;
}

/* Is this the first schema of its sector? They are read folder by folder. */
static bool
opens(const struct schema *const *all, size_t i)
{
	return i == 0 || strcmp(all[i]->domain, all[i - 1]->domain) != 0;
}

static void
sectors(struct html *h, const struct data_view *v)
{
	const struct schema *const *all = catalogue_schemas(v->catalogue);

	h_open(h, "div", "class", "field", NULL);
	h_say(h, "label", "data.sector", "for", "sector", NULL);
	h_open(h, "select", "id", "sector", "name", "sector", NULL);
	option(h, "", h_word(h, "data.all"), v->sector);
	for (size_t i = 0; all[i] != NULL; i++)
		if (opens(all, i))
			option(h, all[i]->domain, sector_name(h, all[i]->domain),
			    v->sector);
	h_close(h, "select");
	h_close(h, "div");
}

static void
search(struct html *h, const struct data_view *v)
{
	h_open(h, "form", "method", "get", "action", "/data", "role", "search",
	    "class", "find", NULL);
	h_open(h, "div", "class", "field grow", NULL);
	h_say(h, "label", "data.search", "for", "q", NULL);
	h_void(h, "input", "id", "q", "name", "q", "type", "search", "value",
	    v->q, "maxlength", "80", NULL);
	h_close(h, "div");
	sectors(h, v);
	h_open(h, "div", "class", "field", NULL);
	h_say(h, "label", "data.kind", "for", "kind", NULL);
	h_open(h, "select", "id", "kind", "name", "kind", NULL);
	option(h, "", h_word(h, "data.all"), v->kind);
	option(h, "transaction", h_word(h, "kind.transaction"), v->kind);
	option(h, "characteristic", h_word(h, "kind.characteristic"), v->kind);
	h_close(h, "select");
	h_close(h, "div");
	h_say(h, "button", "data.find", "class", "button", "type", "submit", NULL);
	h_close(h, "form");
}

/* ---- the list ---- */

static void
card(struct html *h, const struct schema *s, bool served)
{
	h_open(h, "li", "class", "set", NULL);
	h_open(h, "h3", NULL);
	h_element(h, "a", h_wording(h, &s->title), "href",
	    arena_printf(h->arena, "/data/%s", s->id), NULL);
	h_close(h, "h3");
	h_element(h, "p", h_wording(h, &s->description), NULL);
	h_open(h, "p", "class", "marks", NULL);
	h_element(h, "code", s->id, NULL);
	h_say(h, "span", served ? "data.here" : "data.nothere", "class",
	    served ? "state active" : "state", NULL);
	h_element(h, "span", data_every(h, s->frequency), "class", "tag", NULL);
	for (const struct schema *v = s->older; v != NULL; v = v->older)
		h_element(h, "a", h_fill(h, "data.version.too", "version",
		    arena_printf(h->arena, "%d", v->version), NULL), "href",
		    data_place(h, v, s), NULL);
	h_close(h, "p");
	h_close(h, "li");
}

static size_t
list_sector(struct html *h, const struct data_view *v, size_t first)
{
	const struct schema *const *all = catalogue_schemas(v->catalogue);
	size_t n = 0;

	for (size_t i = first; all[i] != NULL &&
	    strcmp(all[i]->domain, all[first]->domain) == 0; i++) {
		if (!fits(all[i], v))
			continue;
		if (n++ == 0) {
			h_element(h, "h2", sector_name(h, all[i]->domain), NULL);
			h_open(h, "ul", "class", "shelf", NULL);
		}
		card(h, all[i], dataset_find(v->catalogue, all[i]->id) != NULL);
	}
	if (n > 0)
		h_close(h, "ul");
	return n;
}

void
data_page(struct html *h, const struct data_view *v)
{
	const struct schema *const *all = catalogue_schemas(v->catalogue);
	size_t n = 0;

	h_say(h, "h1", "data.h1", NULL);
	h_element(h, "p", h_fill(h, "data.lead", "organisation",
	    v->organisation, NULL), "class", "lead", NULL);
	if (h->place == NULL)		/* no file can search */
		search(h, v);
	for (size_t i = 0; all[i] != NULL; i++)
		if (opens(all, i))
			n += list_sector(h, v, i);
	if (n == 0)
		h_say(h, "p", "data.none", "class", "empty", "role", "status",
		    NULL);
}
