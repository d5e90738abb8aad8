/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema.c - reads a data set's documentation: JSON Schema 2020-12 with our
 * annotations (x-...), which is at once its contract and its wording.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/clock.h"
#include "base/error.h"
#include "catalogue/catalogue_own.h"
#include "catalogue/validate.h"

enum { FIELDS_MAX = 200, SCHEMA_MAX = 512 * 1024, NESTING_MAX = 4 };

struct reading {
	struct schema *s;
	struct arena *arena;
	const char *path, *text;
	struct schema_field *fields;
	struct fault *fault;
};

static int
wrong(struct reading *r, const char *near, const char *code, const char *cause,
    const char *cure)
{
	char needle[160];
	const char *at;
	int line = 0, column = 0;

	snprintf(needle, sizeof(needle), "\"%s\"", near);
	if ((at = strstr(r->text, needle)) != NULL)
		sqltext_place(r->text, (size_t)(at - r->text), &line, &column);
	fault_set(r->fault, code, r->path, line, column, "%s: %s", near, cause);
	return fault_cure(r->fault, "%s", cure);
}

/* ---- words ---- */

static const char *
text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static struct wording
both(const json_t *object, const char *name)
{
	const json_t *fr = json_object_get(object, "x-fr");

	return (struct wording){ { [LANG_EN] = text_of(object, name),
	    [LANG_FR] = text_of(fr, name) } };
}

static struct wording
wording_of(const json_t *object)
{
	return (struct wording){ { [LANG_EN] = text_of(object, "en"),
	    [LANG_FR] = text_of(object, "fr") } };
}

static bool
whole(const struct wording *w)
{
	return w->in[LANG_EN] != NULL && w->in[LANG_FR] != NULL;
}

/* ---- fields ---- */

static enum field_type
type_of(const json_t *field)
{
	static const struct { const char *type, *format; enum field_type is; }
	    types[] = {
		{ "string", "date", FIELD_DATE },
		{ "string", "date-time", FIELD_DATE_TIME },
		{ "string", NULL, FIELD_STRING },
		{ "integer", NULL, FIELD_INTEGER },
		{ "number", NULL, FIELD_NUMBER },
		{ "boolean", NULL, FIELD_BOOLEAN },
		{ "object", NULL, FIELD_OBJECT },
		{ "array", NULL, FIELD_LIST },
	};
	const char *type = text_of(field, "type"), *format = text_of(field, "format");

	for (size_t i = 0; type != NULL && i < countof(types); i++)
		if (strcmp(types[i].type, type) == 0 && (types[i].format == NULL ||
		    (format != NULL && strcmp(types[i].format, format) == 0)))
			return types[i].is;
	return FIELD_ANY;
}

static bool
listed(const json_t *list, const char *name)
{
	size_t i;
	const json_t *item;

	json_array_foreach(list, i, item)
		if (json_string_value(item) != NULL &&
		    strcmp(json_string_value(item), name) == 0)
			return true;
	return false;
}

/* One of the words that pages and filters know; NULL: any. */
static int
check_word(struct reading *r, const json_t *object, const char *name,
    const char *const *words)
{
	const char *text = text_of(object, name);

	for (; text != NULL && *words != NULL; words++)
		if (strcmp(*words, text) == 0)
			return 0;
	return text == NULL ? 0 : wrong(r, text, "E255", "no page knows this word",
	    "docs/reference/schemas.md lists the words that each annotation takes");
}

static int
check_words(struct reading *r, const json_t *field)
{
	static const char *const kinds[] = { "characteristic", "transaction",
	    "metadata", NULL };
	static const char *const sensitivities[] = { "ordinary", "location",
	    "communication", "financial", "third-party", NULL };

	return check_word(r, field, "x-kind", kinds) < 0 ? E_BAD_INPUT :
	    check_word(r, field, "x-sensitivity", sensitivities);
}

/* [low, high]: the range that values of the right unit fall into. */
static int
read_plausible(struct reading *r, struct schema_field *f, const json_t *field)
{
	const json_t *range = json_object_get(field, "x-plausible");

	if (range == NULL)
		return 0;
	for (size_t i = 0; i < 2; i++)
		f->plausible[i] = json_number_value(json_array_get(range, i));
	if (json_array_size(range) == 2 && f->plausible[0] < f->plausible[1] &&
	    (f->type == FIELD_INTEGER || f->type == FIELD_NUMBER))
		return 0;
	return wrong(r, "x-plausible", "E255", "it is not a range of numbers",
	    "write [low, high] beside a field of numbers");
}

/* Every enumerated code has a label in both languages. */
static int
read_codes(struct reading *r, struct schema_field *f, const json_t *field)
{
	const json_t *codes = json_object_get(field, "x-codes");
	const json_t *values = json_object_get(field, "enum"), *value;
	struct code *out;
	size_t i;

	if (values == NULL)
		return 0;
	out = arena_alloc(r->arena, json_array_size(values) * sizeof(*out) + 1);
	json_array_foreach(values, i, value) {
		const char *name = json_string_value(value);

		if (name == NULL)
			continue;
		out[i].value = name;
		out[i].label = wording_of(json_object_get(codes, name));
		if (!whole(&out[i].label))
			return wrong(r, name, "E256", "this code has no label in "
			    "both languages", "add it to x-codes: {\"en\": ..., "
			    "\"fr\": ...}");
	}
	f->codes = out;
	f->code_count = json_array_size(values);
	return 0;
}

static int read_fields(struct reading *, const json_t *object, const char *prefix,
    int depth);

static int
read_inside(struct reading *r, const struct schema_field *f, const json_t *field,
    int depth)
{
	const json_t *items = json_object_get(field, "items");

	if (f->type == FIELD_OBJECT)
		return read_fields(r, field, arena_printf(r->arena, "%s.",
		    f->path), depth + 1);
	if (f->type == FIELD_LIST && type_of(items) == FIELD_OBJECT)
		return read_fields(r, items, arena_printf(r->arena, "%s[].",
		    f->path), depth + 1);
	return 0;
}

/* It becomes an alias in SQL, and a member in every language. */
static bool
is_plain(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	size_t n = strlen(name);

	return n > 0 && n < 60 && strspn(name, letters) == n &&
	    (name[0] < '0' || name[0] > '9');
}

static int
read_field(struct reading *r, const char *prefix, const char *name,
    const json_t *field, bool required, int depth)
{
	struct schema_field *f = &r->fields[r->s->field_count];

	if (r->s->field_count == FIELDS_MAX)
		return wrong(r, name, "E255", "the schema has too many fields",
		    "200 at most: make two data sets");
	if (!is_plain(name))
		return wrong(r, name, "E255", "this name cannot be a column's",
		    "begin with a letter; go on with letters, digits and _");
	f->path = arena_printf(r->arena, "%s%s", prefix, name);
	f->type = type_of(field);
	f->required = required;
	f->title = both(field, "title");
	f->description = both(field, "description");
	f->unit = text_of(field, "x-unit");
	f->kind = text_of(field, "x-kind");
	f->sensitivity = text_of(field, "x-sensitivity");
	f->example = json_array_get(json_object_get(field, "examples"), 0);
	if (!whole(&f->title))
		return wrong(r, name, "E254", "this field has no title in both "
		    "languages", "write `title` and `x-fr: {\"title\": ...}`");
	r->s->field_count++;
	if (check_words(r, field) < 0 || read_plausible(r, f, field) < 0 ||
	    read_codes(r, f, field) < 0)
		return E_BAD_INPUT;
	return read_inside(r, f, field, depth);
}

static int
read_fields(struct reading *r, const json_t *object, const char *prefix, int depth)
{
	const json_t *required = json_object_get(object, "required"), *field;
	json_t *properties = json_object_get(object, "properties");
	const char *name;

	if (depth > NESTING_MAX || !json_is_object(properties))
		return wrong(r, "properties", "E253",
		    "objects need `properties`, at most four deep",
		    "describe each field of the record");
	json_object_foreach(properties, name, field)
		if (read_field(r, prefix, name, field, listed(required, name),
		    depth) < 0)
			return E_BAD_INPUT;
	return 0;
}

int
schema_granularity(const struct schema *s, const char *id)
{
	for (size_t i = 0; i < s->granularity_count; i++)
		if (strcmp(s->granularities[i].id, id) == 0)
			return (int)i;
	return -1;
}

const struct schema_field *
schema_field_find(const struct schema *s, const char *path)
{
	for (size_t i = 0; i < s->field_count; i++)
		if (strcmp(s->fields[i].path, path) == 0)
			return &s->fields[i];
	return NULL;
}

/* ---- the data set ---- */

static int
read_key(struct reading *r, const json_t *doc)
{
	const json_t *keys = json_object_get(doc, "x-natural-key"), *key;
	size_t i;

	if (json_array_size(keys) == 0 || json_array_size(keys) >= KEY_MAX)
		return wrong(r, "x-natural-key", "E257", "it must name one to "
		    "seven fields", "name the fields that tell records apart");
	json_array_foreach(keys, i, key) {
		const char *path = json_string_value(key);
		const struct schema_field *f = path == NULL ? NULL :
		    schema_field_find(r->s, path);

		if (f == NULL || !f->required || strchr(path, '[') != NULL)
			return wrong(r, "x-natural-key", "E257",
			    "it names a field that is unknown or not required",
			    "a natural key is made of required fields");
		if (f->type > FIELD_INTEGER)
			return wrong(r, "x-natural-key", "E257",
			    "it names a field that does not sort",
			    "a key is made of texts, whole numbers and times");
		r->s->natural_key[i] = path;
	}
	return 0;
}

static int
check_time(struct reading *r, const char *what, const char *path, bool instant)
{
	const struct schema_field *f = path == NULL ? NULL :
	    schema_field_find(r->s, path);

	if (f != NULL && f->required && strchr(path, '[') == NULL &&
	    (f->type == FIELD_DATE_TIME ||
	    (!instant && f->type == FIELD_DATE)))
		return 0;
	return wrong(r, what, "E258", "it must name a required field of time",
	    instant ? "a date-time: when the record last changed" :
	    "a date or a date-time: the business time of the record");
}

static int
read_checks(struct reading *r, const json_t *doc)
{
	const char *at, *why;

	if (checks_make(&r->s->checks, r->arena, doc, &at, &why) == 0)
		return 0;
	return wrong(r, at, "E260", why, "docs/reference/schemas.md lists what a "
	    "schema may say; annotations begin with x-");
}

static int
read_offer(struct reading *r, const json_t *doc)
{
	struct offer_wrong wrong_how;
	const char *at = schema_offer(r->s, r->arena, doc, &wrong_how);

	return at == NULL ? 0 :
	    wrong(r, at, "E261", wrong_how.cause, wrong_how.cure);
}

static int
read_sign_in(struct reading *r, const json_t *doc)
{
	const json_t *j = json_object_get(doc, "x-sign-in");
	const char *age = text_of(j, "max_age");
	int64_t us = -1000000;

	if (j != NULL && (!json_is_object(j) ||
	    (age != NULL && duration_parse(&us, age) < 0)))
		return wrong(r, "x-sign-in", "E252", "it is not understood",
		    "write {\"max_age\": \"PT15M\", \"acr\": ...}, either alone "
		    "or both");
	r->s->sign_in_age_s = us / 1000000;
	r->s->sign_in_acr = text_of(j, "acr");
	return 0;
}

static int
read_document(struct reading *r, const json_t *doc)
{
	static const char *const needed[] = { "x-id", "x-domain", "x-doctype",
	    "x-update-frequency", "x-latency" };
	static const char *const promises[] = { "available", "soon", "planned",
	    NULL };
	struct schema *s = r->s;

	for (size_t i = 0; i < countof(needed); i++)
		if (text_of(doc, needed[i]) == NULL)
			return wrong(r, needed[i], "E252", "it is missing",
			    "every schema says it; see docs/reference/schemas.md");
	if (read_sign_in(r, doc) < 0)
		return E_BAD_INPUT;
	s->id = text_of(doc, "x-id");
	s->domain = text_of(doc, "x-domain");
	s->version = (int)json_integer_value(json_object_get(doc, "x-version"));
	s->title = both(doc, "title");
	s->description = both(doc, "description");
	s->consent = wording_of(json_object_get(doc, "x-consent"));
	s->doctype = text_of(doc, "x-doctype");
	s->availability = text_of(doc, "x-availability");
	if (s->availability == NULL)
		s->availability = "available";
	s->frequency = text_of(doc, "x-update-frequency");
	s->latency = text_of(doc, "x-latency");
	s->period = text_of(doc, "x-period");
	s->changed = text_of(doc, "x-changed");
	if (s->version < 1 || !whole(&s->title) || !whole(&s->description) ||
	    !whole(&s->consent))
		return wrong(r, "x-consent", "E252", "the version, or a title, "
		    "description or consent sentence in one language, is missing",
		    "write them in English and in French");
	if (check_word(r, doc, "x-availability", promises) < 0 ||
	    read_checks(r, doc) < 0 || read_fields(r, doc, "", 1) < 0 ||
	    read_key(r, doc) < 0 ||
	    check_time(r, "x-changed", s->changed, true) < 0)
		return E_BAD_INPUT;
	if (s->period != NULL &&
	    check_time(r, "x-period", s->period, false) < 0)
		return E_BAD_INPUT;
	return read_offer(r, doc);
}

static void
forget_document(void *doc)
{
	json_decref(doc);
}

int
schema_read(struct schema **out, struct arena *a, const char *path,
    struct fault *f)
{
	struct reading r = { .arena = a, .path = path, .fault = f };
	json_error_t error;
	json_t *doc;

	if ((r.text = file_read(a, path, SCHEMA_MAX, f)) == NULL)
		return E_BAD_INPUT;
	doc = json_loads(r.text, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(doc)) {
		json_decref(doc);
		fault_set(f, "E251", path, error.line, error.column,
		    "is not JSON: %s", error.text);
		return fault_cure(f, "mend the place shown");
	}
	arena_defer(a, forget_document, doc);
	r.s = arena_alloc(a, sizeof(*r.s));
	r.fields = arena_alloc(a, FIELDS_MAX * sizeof(*r.fields));
	r.s->fields = r.fields;
	r.s->document = doc;
	if (read_document(&r, doc) < 0)
		return E_BAD_INPUT;
	*out = r.s;
	return 0;
}

/* ---- all of them ---- */

/* Versions of one data set are a chain, the newest first. */
static int
add(struct catalogue *c, const char *path, struct fault *f)
{
	struct schema *s, **at;

	if (schema_read(&s, c->arena, path, f) < 0)
		return E_BAD_INPUT;
	for (at = c->schemas; *at != NULL; at++)
		if (strcmp((*at)->id, s->id) == 0)
			break;
	if (at == c->schemas + SCHEMAS_MAX)
		return fault_set(f, "E259", path, 0, 0, "too many schemas");
	if (*at == NULL)
		c->schema_count++;
	while (*at != NULL && (*at)->version > s->version)
		at = &(*at)->older;
	if (*at != NULL && (*at)->version == s->version)
		return fault_set(f, "E259", path, 0, 0,
		    "a second schema for %s@%d", s->id, s->version);
	s->older = *at;
	*at = s;
	return 0;
}

static int
is_schema(const struct dirent *e)
{
	const char *end = strstr(e->d_name, ".schema.json");

	return end != NULL && end[12] == '\0';
}

static int
is_folder(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

int
schemas_read_folder(struct catalogue *c, const char *dir, struct fault *f)
{
	struct dirent **names;
	int n = scandir(dir, &names, is_schema, alphasort), rc = 0;

	for (int i = 0; i < n; i++) {
		if (rc == 0 && add(c, arena_printf(c->arena, "%s/%s", dir,
		    names[i]->d_name), f) < 0)
			rc = catalogue_fault(c, 1, NULL, NULL, f);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return rc;
}

int
schemas_read(struct catalogue *c, const char *dir, struct fault *f)
{
	struct dirent **names;
	int n = scandir(dir, &names, is_folder, alphasort), rc = 0;

	if (n < 0) {
		fault_set(f, "E201", dir, 0, 0, "cannot be read");
		return fault_cure(f, "set [catalogue] schemas to the directory "
		    "of the schemas");
	}
	for (int i = 0; i < n; i++) {
		if (rc == 0)
			rc = schemas_read_folder(c, arena_printf(c->arena, "%s/%s", dir,
			    names[i]->d_name), f);
		free(names[i]);
	}
	free(names);
	return rc;
}
