/* SPDX-License-Identifier: Apache-2.0 */
/* mapping_page.c - where each field comes from, and where each column goes. */
#include "pages/mapping_page.h"
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "pages/parts.h"

static const char *
name_of(const struct html *h, const struct schema *s)
{
	return arena_printf(h->arena, "%s@%d", s->id, s->version);
}

static const char *
file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

/* Is it only what its own fields are in? */
static bool
is_branch(const struct schema *s, const struct schema_field *f)
{
	size_t n = strlen(f->path);

	for (size_t i = 0; i < s->field_count; i++) {
		const char *path = s->fields[i].path;

		if (strncmp(path, f->path, n) == 0 &&
		    (path[n] == '.' || path[n] == '['))
			return true;
	}
	return false;
}

static const struct origin *
origin_of(const struct mapping_set *set, const char *path)
{
	for (size_t i = 0; i < set->n; i++)
		if (strcmp(set->origins[i].path, path) == 0)
			return &set->origins[i];
	return NULL;
}

static void
cell_code(struct html *h, const char *text)
{
	h_open(h, "td", NULL);
	if (text != NULL)
		h_element(h, "code", text, NULL);
	h_close(h, "td");
}

static void
heads(struct html *h, const char *const *ids)
{
	h_open(h, "thead", NULL);
	h_open(h, "tr", NULL);
	for (; *ids != NULL; ids++)
		h_say(h, "th", *ids, "scope", "col", NULL);
	h_close(h, "tr");
	h_close(h, "thead");
}

static void
table_open(struct html *h, const char *label, const char *const *ids)
{
	h_open(h, "div", "class", "scroll", "tabindex", "0", "role", "region",
	    "aria-label", label, NULL);
	h_open(h, "table", "class", "grid", NULL);
	heads(h, ids);
	h_open(h, "tbody", NULL);
}

static void
table_close(struct html *h)
{
	h_close(h, "tbody");
	h_close(h, "table");
	h_close(h, "div");
}

/* ---- field by field ---- */

static void
comes_from(struct html *h, const struct mapping_set *set, const struct origin *o)
{
	h_open(h, "td", NULL);
	if (o->from != NULL)
		h_element(h, "code", o->from, NULL);
	else if (o->said != NULL)
		h_element(h, "code", o->said, "class", "said-so", NULL);
	else
		h_say(h, "span", "mapping.computed", NULL);
	if (o->comment != NULL)
		h_element(h, "p", o->comment, "class", "small", NULL);
	h_close(h, "td");
	cell_code(h, o->type);
	cell_code(h, o->line == 0 ? file_name(set->dataset->sql_file) :
	    arena_printf(h->arena, "%s:%d", file_name(set->dataset->sql_file),
	    o->line));
}

static void
field_row(struct html *h, const struct mapping_set *set,
    const struct schema_field *f)
{
	const struct origin *o = origin_of(set, f->path);

	h_open(h, "tr", NULL);
	h_open(h, "th", "scope", "row", NULL);
	h_element(h, "code", f->path, NULL);
	h_element(h, "p", h_wording(h, &f->title), "class", "small", NULL);
	h_close(h, "th");
	if (o != NULL)
		comes_from(h, set, o);
	else
		h_say(h, "td", "mapping.none", "colspan", "3", NULL);
	h_close(h, "tr");
}

static void
one_set(struct html *h, const struct mapping_set *set)
{
	static const char *const ids[] = { "mapping.field", "mapping.from",
	    "mapping.type", "mapping.place", NULL };
	const struct schema *s = set->dataset->schema;
	const char *title = h_wording(h, &s->title);

	h_element(h, "h2", title, "id", name_of(h, s), NULL);
	h_open(h, "p", "class", "marks", NULL);
	h_element(h, "code", name_of(h, s), NULL);
	h_element(h, "span", set->dataset->source->name, "class", "tag", NULL);
	h_element(h, "code", set->dataset->sql_file, NULL);
	h_close(h, "p");
	table_open(h, title, ids);
	for (size_t i = 0; i < s->field_count; i++)
		if (!is_branch(s, &s->fields[i]) ||
		    origin_of(set, s->fields[i].path) != NULL)
			field_row(h, set, &s->fields[i]);
	table_close(h);
}

/* ---- the other way: column by column ---- */

struct use { const char *source, *column, *field; };

static int
by_column(const void *a, const void *b)
{
	const struct use *x = a, *y = b;
	int by = strcmp(x->source, y->source);

	if (by == 0)
		by = strcmp(x->column, y->column);
	return by != 0 ? by : strcmp(x->field, y->field);
}

static struct use *
uses(struct html *h, const struct mapping_view *v, size_t *n)
{
	struct use *all;
	size_t most = 0;

	for (size_t i = 0; i < v->n; i++)
		most += v->sets[i].n;
	all = arena_alloc(h->arena, (most + 1) * sizeof(*all));
	*n = 0;
	for (size_t i = 0; i < v->n; i++)
		for (size_t k = 0; k < v->sets[i].n; k++) {
			const struct dataset *d = v->sets[i].dataset;
			const struct origin *o = &v->sets[i].origins[k];

			if (o->from != NULL)
				all[(*n)++] = (struct use){ d->source->name,
				    o->from, arena_printf(h->arena, "%s %s",
				    name_of(h, d->schema), o->path) };
		}
	qsort(all, *n, sizeof(*all), by_column);
	return all;
}

static void
columns(struct html *h, const struct mapping_view *v)
{
	static const char *const ids[] = { "mapping.column", "mapping.source",
	    "mapping.goes", NULL };
	size_t n;
	const struct use *all = uses(h, v, &n);

	h_say(h, "h2", "mapping.columns", "id", "columns", NULL);
	h_say(h, "p", "mapping.columns.text", NULL);
	table_open(h, h_word(h, "mapping.columns"), ids);
	for (size_t i = 0; i < n; i++) {
		h_open(h, "tr", NULL);
		h_open(h, "th", "scope", "row", NULL);
		h_element(h, "code", all[i].column, NULL);
		h_close(h, "th");
		h_element(h, "td", all[i].source, NULL);
		cell_code(h, all[i].field);
		h_close(h, "tr");
	}
	table_close(h);
}

/* ---- the page ---- */

static void
contents(struct html *h, const struct mapping_view *v)
{
	h_open(h, "ul", "class", "plain", NULL);
	for (size_t i = 0; i < v->n; i++) {
		const struct schema *s = v->sets[i].dataset->schema;

		h_open(h, "li", NULL);
		h_element(h, "a", h_wording(h, &s->title), "href",
		    arena_printf(h->arena, "#%s", name_of(h, s)), NULL);
		h_close(h, "li");
	}
	h_open(h, "li", NULL);
	h_say(h, "a", "mapping.columns", "href", "#columns", NULL);
	h_close(h, "li");
	h_close(h, "ul");
}

void
mapping_page(struct html *h, const struct mapping_view *v)
{
	h_say(h, "h1", "mapping.h1", NULL);
	h_element(h, "p", h_fill(h, "mapping.lead", "organisation",
	    v->organisation, NULL), "class", "lead", NULL);
	h_element(h, "p", h_fill(h, "mapping.made", "date",
	    h_date(h, v->made_us), NULL), "class", "small", NULL);
	contents(h, v);
	for (size_t i = 0; i < v->n; i++)
		one_set(h, &v->sets[i]);
	columns(h, v);
}
