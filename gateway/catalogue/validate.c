/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validate.c - does a record keep what its schema promises?
 *
 * Each keyword is one small function in a table; a schema is an object whose
 * members are looked up there. Numbers are doubles here, and only here: a
 * bound is compared, nothing is passed on.
 */
#include "catalogue/validate_own.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/error.h"

enum { MATCH_LIMIT = 100000 };

/* A look at one value; parts of the path stay on the stack. */
struct look {
	const struct checks *checks;
	const struct look *outer;
	const char *name;		/* of a member, or NULL */
	size_t index;			/* of an item */
	int depth;
	struct invalid *out;
};

static bool valid(const struct look *, const json_t *schema, const json_t *v);

/* ---- telling where ---- */

static size_t
write_path(char *out, size_t size, const struct look *at)
{
	size_t n = at->outer == NULL ? 0 : write_path(out, size, at->outer);

	if (at->outer == NULL || n >= size)
		return n;
	if (at->name == NULL)
		n += (size_t)snprintf(out + n, size - n, "[%zu]", at->index);
	else
		n += (size_t)snprintf(out + n, size - n, "%s%s",
		    n > 0 ? "." : "", at->name);
	return n;
}

static bool PRINTF_LIKE(2, 3)
no(const struct look *at, const char *fmt, ...)
{
	va_list ap;

	at->out->path[0] = '\0';
	write_path(at->out->path, sizeof(at->out->path), at);
	va_start(ap, fmt);
	vsnprintf(at->out->why, sizeof(at->out->why), fmt, ap);
	va_end(ap);
	return false;
}

/* ---- any value ---- */

static bool
is_type(const char *type, const json_t *v)
{
	static const struct { const char *name; json_type type; } types[] = {
	    { "object", JSON_OBJECT }, { "array", JSON_ARRAY },
	    { "string", JSON_STRING }, { "null", JSON_NULL } };

	if (strcmp(type, "number") == 0)
		return json_is_number(v);
	if (strcmp(type, "integer") == 0)
		return json_is_number(v) &&
		    trunc(json_number_value(v)) == json_number_value(v);
	if (strcmp(type, "boolean") == 0)
		return json_is_boolean(v);
	for (size_t i = 0; i < countof(types); i++)
		if (strcmp(types[i].name, type) == 0)
			return json_typeof(v) == types[i].type;
	return false;
}

static bool
check_type(const struct look *at, const json_t *rule, const json_t *v)
{
	size_t i;
	const json_t *type;

	if (json_is_string(rule) && is_type(json_string_value(rule), v))
		return true;
	json_array_foreach(rule, i, type)
		if (is_type(json_string_value(type), v))
			return true;
	return no(at, "is not of type %s", json_is_string(rule) ?
	    json_string_value(rule) : "listed");
}

/* Numbers are the same when their values are: 1 and 1.0. */
static bool
same(const json_t *a, const json_t *b)
{
	const char *name;
	const json_t *item;
	size_t i;

	if (json_is_number(a) && json_is_number(b))
		return json_number_value(a) == json_number_value(b);
	if (json_typeof(a) != json_typeof(b))
		return false;
	if (json_is_array(a)) {
		if (json_array_size(a) != json_array_size(b))
			return false;
		json_array_foreach(a, i, item)
			if (!same(item, json_array_get(b, i)))
				return false;
		return true;
	}
	if (!json_is_object(a))
		return json_equal(a, b);
	if (json_object_size(a) != json_object_size(b))
		return false;
	json_object_foreach((json_t *)a, name, item)
		if (json_object_get(b, name) == NULL ||
		    !same(item, json_object_get(b, name)))
			return false;
	return true;
}

static bool
check_enum(const struct look *at, const json_t *rule, const json_t *v)
{
	size_t i;
	const json_t *item;

	json_array_foreach(rule, i, item)
		if (same(item, v))
			return true;
	return no(at, "is none of the codes");
}

static bool
check_const(const struct look *at, const json_t *rule, const json_t *v)
{
	return same(rule, v) || no(at, "is not the constant");
}

/* ---- numbers ---- */

#define BOUND(keyword, test, words)					\
static bool								\
check_##keyword(const struct look *at, const json_t *rule, const json_t *v) \
{									\
	double bound = json_number_value(rule), n = json_number_value(v); \
									\
	return !json_is_number(v) || (test) || no(at, words " %g", bound); \
}
BOUND(minimum, n >= bound, "is less than")
BOUND(maximum, n <= bound, "is more than")
BOUND(above, n > bound, "is not more than")
BOUND(below, n < bound, "is not less than")
#undef BOUND

/* ---- texts ---- */

static size_t
characters(const json_t *v)
{
	const char *s = json_string_value(v);
	size_t n = 0;

	for (size_t i = 0; i < json_string_length(v); i++)
		n += (s[i] & 0xc0) != 0x80;
	return n;
}

static bool
check_min_length(const struct look *at, const json_t *rule, const json_t *v)
{
	return !json_is_string(v) ||
	    characters(v) >= (size_t)json_number_value(rule) ||
	    no(at, "is shorter than %g", json_number_value(rule));
}

static bool
check_max_length(const struct look *at, const json_t *rule, const json_t *v)
{
	return !json_is_string(v) ||
	    characters(v) <= (size_t)json_number_value(rule) ||
	    no(at, "is longer than %g", json_number_value(rule));
}

static bool
check_pattern(const struct look *at, const json_t *rule, const json_t *v)
{
	const struct pattern *p = at->checks->patterns;
	pcre2_match_context *limits;
	pcre2_match_data *data;
	int rc;

	while (p != NULL && p->text != json_string_value(rule))
		p = p->next;
	if (!json_is_string(v) || p == NULL)
		return true;
	limits = pcre2_match_context_create(NULL);
	pcre2_set_match_limit(limits, MATCH_LIMIT);
	data = pcre2_match_data_create(1, NULL);
	rc = pcre2_match(p->code, (PCRE2_SPTR)json_string_value(v),
	    json_string_length(v), 0, 0, data, limits);
	pcre2_match_data_free(data);
	pcre2_match_context_free(limits);
	return rc >= 0 || no(at, "does not match its pattern");
}

static bool
is_date(const char *s)
{
	char whole[24];
	int64_t us;

	if (strlen(s) != 10)
		return false;
	snprintf(whole, sizeof(whole), "%sT00:00:00Z", s);
	return time_parse(&us, whole) == 0;
}

static bool
is_date_time(const char *s)
{
	int64_t us;

	return time_parse(&us, s) == 0;
}

static bool
is_uri(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

	return n > 0 && s[n] == ':' && s[n + 1] != '\0' &&
	    strpbrk(s, " \"<>\\^`{|}\t\n") == NULL &&
	    ((s[0] | 32) >= 'a' && (s[0] | 32) <= 'z');
}

static bool
is_email(const char *s)
{
	const char *at = strrchr(s, '@'), *p;

	if (at == NULL || at == s || at[1] == '\0' || strpbrk(s, " \t\n\"(),:;<>[]\\")
	    != NULL || strchr(s, '@') != at || s[0] == '.' || at[-1] == '.' ||
	    strstr(s, "..") != NULL)
		return false;
	for (p = at + 1; *p != '\0'; p++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		    "0123456789-.", *p) ||
		    (*p == '-' && (p == at + 1 || p[1] == '\0' || p[1] == '.' ||
		    p[-1] == '.')))
			return false;
	return at[1] != '.' && p[-1] != '.';
}

static const struct { const char *name; bool (*is)(const char *); } formats[] = {
	{ "date", is_date }, { "date-time", is_date_time },
	{ "uri", is_uri }, { "email", is_email },
};

bool
format_known(const char *name)
{
	for (size_t i = 0; i < countof(formats); i++)
		if (strcmp(formats[i].name, name) == 0)
			return true;
	return false;
}

static bool
check_format(const struct look *at, const json_t *rule, const json_t *v)
{
	const char *name = json_string_value(rule);

	for (size_t i = 0; json_is_string(v) && i < countof(formats); i++)
		if (strcmp(formats[i].name, name) == 0)
			return formats[i].is(json_string_value(v)) ||
			    no(at, "is no %s", name);
	return true;
}

/* ---- lists ---- */

static bool
check_min_items(const struct look *at, const json_t *rule, const json_t *v)
{
	return !json_is_array(v) ||
	    json_array_size(v) >= (size_t)json_number_value(rule) ||
	    no(at, "has fewer items than %g", json_number_value(rule));
}

static bool
check_max_items(const struct look *at, const json_t *rule, const json_t *v)
{
	return !json_is_array(v) ||
	    json_array_size(v) <= (size_t)json_number_value(rule) ||
	    no(at, "has more items than %g", json_number_value(rule));
}

static bool
check_unique(const struct look *at, const json_t *rule, const json_t *v)
{
	size_t n = json_array_size(v);

	for (size_t i = 0; json_is_true(rule) && i < n; i++)
		for (size_t k = i + 1; k < n; k++)
			if (same(json_array_get(v, i), json_array_get(v, k)))
				return no(at, "has an item twice");
	return true;
}

static bool
check_items(const struct look *at, const json_t *rule, const json_t *v)
{
	size_t i;
	const json_t *item;

	json_array_foreach(v, i, item) {
		const struct look inner = { at->checks, at, NULL, i,
		    at->depth + 1, at->out };

		if (!valid(&inner, rule, item))
			return false;
	}
	return true;
}

/* ---- objects ---- */

static bool
check_required(const struct look *at, const json_t *rule, const json_t *v)
{
	size_t i;
	const json_t *name;

	json_array_foreach(rule, i, name)
		if (json_is_object(v) &&
		    json_object_get(v, json_string_value(name)) == NULL)
			return no(at, "'%s' is missing", json_string_value(name));
	return true;
}

static bool
check_properties(const struct look *at, const json_t *rule, const json_t *v)
{
	const char *name;
	json_t *inside;

	json_object_foreach((json_t *)rule, name, inside) {
		const json_t *member = json_object_get(v, name);
		const struct look inner = { at->checks, at, name, 0,
		    at->depth + 1, at->out };

		if (member != NULL && !valid(&inner, inside, member))
			return false;
	}
	return true;
}

static bool
check_additional(const struct look *at, const json_t *rule, const json_t *schema,
    const json_t *v)
{
	const json_t *known = json_object_get(schema, "properties");
	const char *name;
	json_t *member;

	json_object_foreach((json_t *)v, name, member) {
		const struct look inner = { at->checks, at, name, 0,
		    at->depth + 1, at->out };

		if (json_object_get(known, name) != NULL)
			continue;
		if (json_is_false(rule))
			return no(&inner, "is not documented");
		if (!valid(&inner, rule, member))
			return false;
	}
	return true;
}

/* ---- several schemas ---- */

static size_t
count_valid(const struct look *at, const json_t *rules, const json_t *v)
{
	const struct look inner = { at->checks, at->outer, at->name, at->index,
	    at->depth + 1, at->out };
	size_t i, n = 0;
	const json_t *rule;

	json_array_foreach(rules, i, rule)
		n += valid(&inner, rule, v);
	return n;
}

static bool
check_all_of(const struct look *at, const json_t *rule, const json_t *v)
{
	return count_valid(at, rule, v) == json_array_size(rule);
}

static bool
check_any_of(const struct look *at, const json_t *rule, const json_t *v)
{
	return count_valid(at, rule, v) > 0;
}

static bool
check_one_of(const struct look *at, const json_t *rule, const json_t *v)
{
	size_t n = count_valid(at, rule, v);

	return n == 1 || no(at, "fits %zu of the alternatives, not one", n);
}

static bool
check_not(const struct look *at, const json_t *rule, const json_t *v)
{
	const struct look inner = { at->checks, at->outer, at->name, at->index,
	    at->depth + 1, at->out };

	return !valid(&inner, rule, v) || no(at, "is what it must not be");
}

const json_t *
checks_referred(const struct checks *c, const char *ref)
{
	const json_t *at = c->document;
	char name[120];

	if (ref == NULL || ref[0] != '#')
		return NULL;
	for (ref++; *ref == '/' && at != NULL; ref += strlen(name)) {
		ref++;
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(ref, "/"), ref);
		at = json_object_get(at, name);
	}
	return *ref == '\0' ? at : NULL;
}

static bool
check_ref(const struct look *at, const json_t *rule, const json_t *v)
{
	const struct look inner = { at->checks, at->outer, at->name, at->index,
	    at->depth + 1, at->out };

	return valid(&inner, checks_referred(at->checks, json_string_value(rule)), v);
}

/* ---- the table ---- */

static const struct keyword keywords[] = {
	{ "type", TYPES, check_type },
	{ "enum", LIST, check_enum },
	{ "const", ANYTHING, check_const },
	{ "minimum", NUMBER, check_minimum },
	{ "maximum", NUMBER, check_maximum },
	{ "exclusiveMinimum", NUMBER, check_above },
	{ "exclusiveMaximum", NUMBER, check_below },
	{ "minLength", COUNT, check_min_length },
	{ "maxLength", COUNT, check_max_length },
	{ "pattern", PATTERN, check_pattern },
	{ "format", FORMAT, check_format },
	{ "minItems", COUNT, check_min_items },
	{ "maxItems", COUNT, check_max_items },
	{ "uniqueItems", FLAG, check_unique },
	{ "items", SCHEMA, check_items },
	{ "required", NAMES, check_required },
	{ "properties", NAMED_SCHEMAS, check_properties },
	{ "additionalProperties", SCHEMA, NULL },	/* needs its siblings */
	{ "allOf", SCHEMAS, check_all_of },
	{ "anyOf", SCHEMAS, check_any_of },
	{ "oneOf", SCHEMAS, check_one_of },
	{ "not", SCHEMA, check_not },
	{ "$ref", REF, check_ref },
	{ "$defs", NAMED_SCHEMAS, NULL },
	{ "$schema", TEXT, NULL }, { "$id", TEXT, NULL },
	{ "$comment", TEXT, NULL }, { "title", TEXT, NULL },
	{ "description", TEXT, NULL }, { "examples", LIST, NULL },
	{ "default", ANYTHING, NULL }, { "deprecated", FLAG, NULL },
	{ "readOnly", FLAG, NULL }, { "writeOnly", FLAG, NULL },
};

const struct keyword *
keyword_find(const char *name)
{
	for (size_t i = 0; i < countof(keywords); i++)
		if (strcmp(keywords[i].name, name) == 0)
			return &keywords[i];
	return NULL;
}

static bool
valid(const struct look *at, const json_t *schema, const json_t *v)
{
	const char *name;
	json_t *rule;

	if (json_is_boolean(schema))
		return json_is_true(schema) || no(at, "is not allowed");
	if (!json_is_object(schema) || at->depth > CHECKS_DEPTH)
		return no(at, "is nested too deep");
	json_object_foreach((json_t *)schema, name, rule) {
		const struct keyword *k = keyword_find(name);

		if (k != NULL && k->check != NULL && !k->check(at, rule, v))
			return false;
	}
	rule = json_object_get(schema, "additionalProperties");
	return rule == NULL || check_additional(at, rule, schema, v);
}

int
checks_run(const struct checks *c, const json_t *record, struct invalid *out)
{
	const struct look whole = { .checks = c, .out = out };

	return valid(&whole, c->document, record) ? 0 : E_BAD_INPUT;
}

int
checks_run_text(const struct checks *c, const char *json, size_t n,
    struct invalid *out)
{
	json_error_t error;
	json_t *record = json_loadb(json, n, JSON_REJECT_DUPLICATES |
	    JSON_DECODE_INT_AS_REAL | JSON_DECODE_ANY, &error);
	int rc;

	if (record == NULL) {
		out->path[0] = '\0';
		snprintf(out->why, sizeof(out->why), "is not JSON");
		return E_BAD_INPUT;
	}
	rc = checks_run(c, record, out);
	json_decref(record);
	return rc;
}
