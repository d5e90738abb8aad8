/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sheet.c - records as rows of a table, see sheet.h.
 *
 * Values are found in the record's own text, so that a decimal stays digit for
 * digit what it was.
 */
#include "catalogue/sheet.h"
#include <jansson.h>
#include <string.h>
#include "base/arena.h"
#include "catalogue/catalogue.h"

struct column { const char *path; bool of_item; };

struct sheet {
	const char *list;		/* "readings", or NULL */
	struct column *columns;
	size_t n;
};

struct text { const char *at, *end; };	/* at NULL: not there */

/* ---- which columns ---- */

static bool
within(const char *path, const char *list)
{
	size_t n = list == NULL ? 0 : strlen(list);

	return n > 0 && strncmp(path, list, n) == 0 &&
	    strncmp(path + n, "[].", 3) == 0;
}

/* A branch whose members are columns of their own is none itself. */
static bool
is_branch(const struct schema *s, const char *path)
{
	size_t n = strlen(path);

	for (size_t i = 0; i < s->field_count; i++) {
		const char *p = s->fields[i].path;

		if (strncmp(p, path, n) == 0 && p[n] == '.')
			return true;
	}
	return false;
}

static const char *
first_list(struct arena *a, const struct schema *s)
{
	for (size_t i = 0; i < s->field_count; i++) {
		const char *p = s->fields[i].path, *mark = strstr(p, "[].");

		if (mark != NULL)
			return arena_strndup(a, p, (size_t)(mark - p));
	}
	return NULL;
}

struct sheet *
sheet_new(struct arena *a, const struct schema *s)
{
	struct sheet *t = arena_alloc(a, sizeof(*t));

	t->list = first_list(a, s);
	t->columns = arena_alloc(a, (s->field_count + 1) * sizeof(*t->columns));
	t->n = 0;
	for (size_t i = 0; i < s->field_count; i++) {
		const char *path = s->fields[i].path;
		bool of_item = within(path, t->list);

		/* of another list: the list is one cell */
		if (is_branch(s, path) || (!of_item && strstr(path, "[].")) ||
		    (t->list != NULL && strcmp(path, t->list) == 0))
			continue;
		t->columns[t->n++] = (struct column){ path, of_item };
	}
	return t;
}

void
sheet_header(const struct sheet *t, struct csv *c)
{
	for (size_t i = 0; i < t->n; i++)
		csv_text(c, t->columns[i].path);
	csv_end_row(c);
}

/* ---- finding a value in JSON text ---- */

static const char *
past_string(const char *p)
{
	for (p++; *p != '"'; p++)
		if (*p == '\\')
			p++;
	return p + 1;
}

static const char *
past_value(const char *p, const char *end)
{
	int depth = 0;

	if (*p == '"')
		return past_string(p);
	for (; p < end; p++) {
		if (*p == '"')
			p = past_string(p) - 1;
		else if (*p == '{' || *p == '[')
			depth++;
		else if ((*p == '}' || *p == ']') && --depth <= 0)
			return depth < 0 ? p : p + 1;
		else if (*p == ',' && depth == 0)
			return p;
	}
	return end;
}

/* The value of this member of an object. */
static struct text
member(struct text o, const char *name, size_t n)
{
	const char *p = o.at;

	if (p == NULL || *p != '{')
		return (struct text){ NULL, NULL };
	for (p++; p < o.end && *p == '"'; p += *p == ',') {
		const char *key = p + 1, *colon = past_string(p);
		const char *to = past_value(colon + 1, o.end);

		if ((size_t)(colon - 1 - key) == n && memcmp(key, name, n) == 0)
			return (struct text){ colon + 1, to };
		p = to;
	}
	return (struct text){ NULL, NULL };
}

/* "tariff.name" within an object. */
static struct text
find(struct text o, const char *path)
{
	for (const char *dot; (dot = strchr(path, '.')) != NULL; path = dot + 1)
		o = member(o, path, (size_t)(dot - path));
	return member(o, path, strlen(path));
}

/* ---- writing ---- */

static void
string_cell(struct csv *c, struct text t)
{
	json_t *j = json_loadb(t.at, (size_t)(t.end - t.at), JSON_DECODE_ANY,
	    NULL);

	csv_text(c, json_string_value(j));
	json_decref(j);
}

static void
cell(struct csv *c, struct arena *a, struct text t)
{
	if (t.at == NULL || *t.at == 'n')
		csv_text(c, NULL);
	else if (*t.at == '"')
		string_cell(c, t);
	else if (*t.at == '-' || (*t.at >= '0' && *t.at <= '9'))
		csv_number(c, t.at, (size_t)(t.end - t.at));
	else
		csv_text(c, arena_strndup(a, t.at, (size_t)(t.end - t.at)));
}

static void
row(const struct sheet *s, struct csv *c, struct arena *a, struct text record,
    struct text item)
{
	for (size_t i = 0; i < s->n; i++) {
		const char *path = s->columns[i].path;

		cell(c, a, s->columns[i].of_item ?
		    find(item, path + strlen(s->list) + 3) : find(record, path));
	}
	csv_end_row(c);
}

void
sheet_record(const struct sheet *s, struct csv *c, const char *json, size_t n)
{
	struct arena *a = arena_new();
	struct text record = { json, json + n }, list = { NULL, NULL };
	const char *p;

	if (s->list != NULL)
		list = find(record, s->list);
	if (list.at == NULL || list.at[0] != '[' || list.at[1] == ']') {
		row(s, c, a, record, (struct text){ NULL, NULL });
		arena_free(a);
		return;
	}
	for (p = list.at + 1; p < list.end - 1; p += *p == ',') {
		struct text item = { p, past_value(p, list.end) };

		row(s, c, a, record, item);
		p = item.end;
	}
	arena_free(a);
}
