/* SPDX-License-Identifier: Apache-2.0 */
/*
 * columns.c - the columns of an adapter's SELECT, held against the schema:
 * names, types, nesting, and what is missing.
 */
#include <stdio.h>
#include <string.h>
#include "base/error.h"
#include "base/text.h"
#include "catalogue/describe.h"
#include "catalogue/types.h"

struct reading {
	struct catalogue *c;
	const struct dataset *d;
	struct column *list;
	size_t n;
	struct fault *fault;
	bool faulty;
};

/* A fault at the place where the alias stands. */
static int PRINTF_LIKE(4, 5)
at_alias(struct reading *r, const char *alias, const char *code,
    const char *cause, ...)
{
	size_t at = sqltext_alias(r->d->sql_text, alias);
	int line = 0, column = 0;
	char text[300];
	va_list ap;

	va_start(ap, cause);
	vsnprintf(text, sizeof(text), cause, ap);
	va_end(ap);
	if (at > 0)
		sqltext_place(r->d->sql_text, at, &line, &column);
	return fault_set(r->fault, code, r->d->sql_file, line, column, "%s",
	    text);
}

/* Kept, or the end of it. */
static int
found(struct reading *r)
{
	r->faulty = true;
	return catalogue_fault(r->c, 2, r->d->source, r->d, r->fault);
}

static int
unknown_field(struct reading *r, const char *alias)
{
	const struct schema *s = r->d->schema;
	const char *paths[COLUMNS_MAX], *near;
	size_t n = 0;

	for (; n < s->field_count && n < COLUMNS_MAX; n++)
		paths[n] = s->fields[n].path;
	near = nearest(alias, paths, n);
	at_alias(r, alias, "E208", "'%s' is no field of %s", alias, s->id);
	if (near != NULL)
		return fault_cure(r->fault, "perhaps you meant '%s'", near);
	return fault_cure(r->fault, "take the column out, or document it in the "
	    "schema");
}

static const char *
cast_for(enum field_type type)
{
	static const char *const names[] = { [FIELD_STRING] = "text",
	    [FIELD_DATE] = "date", [FIELD_DATE_TIME] = "timestamptz",
	    [FIELD_INTEGER] = "bigint", [FIELD_NUMBER] = "numeric",
	    [FIELD_BOOLEAN] = "boolean", [FIELD_OBJECT] = "jsonb",
	    [FIELD_LIST] = "jsonb", [FIELD_ANY] = "jsonb" };

	return names[type];
}

static int
wrong_type(struct reading *r, const struct column *c,
    const struct schema_field *f, bool list)
{
	at_alias(r, c->name, "E209", "'%s' is %s%s, the schema wants %s%s",
	    c->name, type_name(c->type), c->array ? "[]" : "",
	    cast_for(f->type), list ? "[]" : "");
	if (c->type == T_TIMESTAMP)
		return fault_cure(r->fault, "an hour without its zone comes "
		    "twice in October: write ... AT TIME ZONE '%s'",
		    r->d->source->time_zone);
	if (list && !c->array)
		return fault_cure(r->fault, "gather the values with array_agg("
		    "... ORDER BY ...), or give the whole list as jsonb");
	return fault_cure(r->fault, "cast it: (...)::%s%s", cast_for(f->type),
	    list ? "[]" : "");
}

/* "tags[]" is a list of plain values and fills the field "tags". */
static int
check_column(struct reading *r, const struct column *c)
{
	const char *list = strstr(c->name, "[]");
	bool plain = list != NULL && list[2] == '\0';
	const char *path = plain ? arena_strndup(r->c->arena, c->name,
	    (size_t)(list - c->name)) : c->name;
	const struct schema_field *f = schema_field_find(r->d->schema, path);

	if (list != NULL && !plain && strpbrk(list + 3, ".[") != NULL) {
		at_alias(r, c->name, "E208", "'%s' nests inside a list", c->name);
		return fault_cure(r->fault, "give the whole list as jsonb");
	}
	if (f == NULL)
		return unknown_field(r, c->name);
	if (plain && f->type != FIELD_LIST)
		return wrong_type(r, c, f, false);
	if ((list != NULL) != c->array ||
	    (!plain && !type_fits(f->type, c->type)))
		return wrong_type(r, c, f, list != NULL);
	return 0;
}

/* Is `inner` the same field as `outer`, or something inside it? */
static bool
within(const char *inner, const char *outer)
{
	size_t n = strlen(outer);

	return strncmp(inner, outer, n) == 0 &&
	    (inner[n] == '\0' || inner[n] == '.' || inner[n] == '[');
}

static int
check_others(struct reading *r, const struct column *c)
{
	for (size_t i = 0; i + 1 < r->n; i++) {
		const char *other = r->list[i].name;

		if (!within(c->name, other) && !within(other, c->name))
			continue;
		if (strcmp(other, c->name) == 0)
			at_alias(r, c->name, "E211", "'%s' is selected twice",
			    c->name);
		else
			at_alias(r, c->name, "E211", "'%s' and '%s' cannot both "
			    "be given", c->name, other);
		return fault_cure(r->fault, "keep one of the two");
	}
	return 0;
}

static bool
is_given(const struct reading *r, const char *path)
{
	for (size_t i = 0; i < r->n; i++)
		if (within(r->list[i].name, path))
			return true;
	return false;
}

/* A member of something that is given whole (jsonb), or not at all. */
static bool
follows_parent(const struct reading *r, const char *path)
{
	const char *last = strrchr(path, '.');
	char parent[256];

	if (last == NULL)
		return false;
	snprintf(parent, sizeof(parent), "%.*s", (int)(last - path), path);
	parent[strcspn(parent, "[")] = '\0';
	for (size_t i = 0; i < r->n; i++)
		if (within(parent, r->list[i].name))
			return true;
	return !is_given(r, parent);
}

static int
missing(struct reading *r, const char *path)
{
	fault_set(r->fault, "E210", r->d->sql_file, 0, 0,
	    "the required field '%s' is missing", path);
	fault_cure(r->fault, "select it: ... AS \"%s\"", path);
	return found(r);
}

static int
check_missing(struct reading *r)
{
	const struct schema *s = r->d->schema;

	for (size_t i = 0; i < s->field_count; i++) {
		const struct schema_field *f = &s->fields[i];

		if (f->required && !is_given(r, f->path) &&
		    !follows_parent(r, f->path) && missing(r, f->path) < 0)
			return E_BAD_INPUT;
	}
	return 0;
}

/* What pages are ordered and cut by must be columns of their own. */
static int
check_places(struct reading *r)
{
	const struct schema *s = r->d->schema;
	const char *paths[KEY_MAX + 3] = { s->changed, s->period };

	memcpy(paths + 2, s->natural_key, sizeof(s->natural_key));
	for (size_t i = 0; i < countof(paths); i++) {
		bool column = paths[i] == NULL;

		for (size_t k = 0; k < r->n && !column; k++)
			column = strcmp(r->list[k].name, paths[i]) == 0;
		if (!column && (is_given(r, paths[i]) ||
		    follows_parent(r, paths[i])) && missing(r, paths[i]) < 0)
			return E_BAD_INPUT;
	}
	return 0;
}

static int
read_column(struct reading *r, const PGresult *described, int i)
{
	struct column *c = &r->list[r->n++];
	uint32_t type = PQftype(described, i), element = type_element(type);

	c->name = arena_strdup(r->c->arena, PQfname(described, i));
	c->array = element != 0;
	c->type = c->array ? element : type;
	if (check_column(r, c) < 0 || check_others(r, c) < 0)
		return found(r);
	return 0;
}

int
columns_read(struct column *list, size_t *n, struct catalogue *c,
    const struct dataset *d, const PGresult *described, struct fault *f)
{
	struct reading r = { .c = c, .d = d, .list = list, .fault = f };
	int rc = 0;

	if (PQnfields(described) > COLUMNS_MAX) {
		fault_set(f, "E211", d->sql_file, 0, 0, "it has %d columns; %d "
		    "at most", PQnfields(described), COLUMNS_MAX);
		(void)found(&r);
		return E_BAD_INPUT;
	}
	for (int i = 0; i < PQnfields(described) && rc == 0; i++)
		rc = read_column(&r, described, i);
	if (rc == 0)
		rc = check_missing(&r);
	if (rc == 0)
		rc = check_places(&r);
	*n = r.n;
	return r.faulty ? E_BAD_INPUT : 0;
}
